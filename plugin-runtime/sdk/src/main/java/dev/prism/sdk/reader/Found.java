package dev.prism.sdk.reader;

import dev.prism.type.v1.Value;
import java.util.List;

/**
 * A row.
 *
 * @param columns the names of its columns
 * @param values one a column
 */
public record Found(List<String> columns, List<Value> values) {}
