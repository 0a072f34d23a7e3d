package dev.prism.sdk.rows;

/**
 * One step of an order of rows: null comes before every value, and with {@code descending} after.
 */
public record Order(Column column, boolean descending) {}
