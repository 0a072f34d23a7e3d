package dev.prism.sdk.reader;

/**
 * How much a page may hold.
 *
 * @param rows at most; at least 1
 * @param bytes about; one larger row is a page of its own
 */
public record PageSize(int rows, int bytes) {}
