package dev.prism.sdk.keyvalue;

/**
 * Where an item lives within a namespace.
 *
 * @param collection 1 to 128 characters of {@code [A-Za-z0-9_.-]}
 * @param partition the partition key; the key itself where the caller gave none
 * @param key 1 to 1024 bytes of UTF-8
 */
public record Key(String collection, String partition, String key) {}
