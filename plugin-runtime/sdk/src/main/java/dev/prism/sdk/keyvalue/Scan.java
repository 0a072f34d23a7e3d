package dev.prism.sdk.keyvalue;

import org.jspecify.annotations.Nullable;

/**
 * A scan.
 *
 * @param partition the partition, or null for all of the collection
 * @param prefix taken literally; may be empty
 * @param startAfter only keys after this one by their UTF-8 bytes; may be empty
 * @param limit the most items; {@link Long#MAX_VALUE} for all
 * @param keysOnly items come with empty values
 */
public record Scan(
    String collection,
    @Nullable String partition,
    String prefix,
    String startAfter,
    long limit,
    boolean keysOnly) {}
