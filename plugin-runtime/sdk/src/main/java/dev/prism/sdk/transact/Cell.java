package dev.prism.sdk.transact;

import dev.prism.sdk.rows.Column;
import dev.prism.type.v1.Value;

/** A column and what is in it; the value may be null. */
public record Cell(Column column, Value value) {}
