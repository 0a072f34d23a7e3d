package dev.prism.conformance;

/**
 * Every assertion that a Transact backend must hold, each in the part that it belongs to. A
 * backend's test class extends this and gives it a {@link TransactApi} and a way of its own to make
 * tables; that of a database with rules of its own has {@link TransactConstraints} besides.
 */
public abstract class TransactSuite
    implements TransactWrites,
        TransactExpectations,
        TransactIsolation,
        TransactStreaming,
        TransactIdempotency,
        TransactMailboxes,
        TransactLimits,
        TransactInjections,
        TransactCapabilities {}
