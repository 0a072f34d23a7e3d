package dev.prism.sdk.rows;

/**
 * A column of a table, as the backend has it.
 *
 * @param name as the backend spells it; looked up, never taken from a request
 * @param kind what it holds
 * @param nullable whether a row may have nothing there
 * @param nativeType what the backend calls its type; empty where it has no types
 */
public record Column(String name, Kind kind, boolean nullable, String nativeType) {}
