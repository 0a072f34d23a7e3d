package dev.prism.conformance;

/**
 * Every assertion that a Reader backend must hold, each in the part that it belongs to. A backend's
 * test class extends this and gives it a {@link ReaderApi} and a way of its own to make tables.
 */
public abstract class ReaderSuite
    implements ReaderPages,
        ReaderCursors,
        ReaderFilters,
        ReaderOrders,
        ReaderValues,
        ReaderSingles,
        ReaderInjections,
        ReaderRandom {}
