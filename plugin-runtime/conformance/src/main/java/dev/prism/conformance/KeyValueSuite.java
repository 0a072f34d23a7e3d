package dev.prism.conformance;

/**
 * Every assertion that a KeyValue backend must hold, each in the part that it belongs to. A
 * backend's test class extends this and gives it a {@link KeyValueApi}: over a link for the plugin
 * alone, over gRPC for the product.
 */
public abstract class KeyValueSuite
    implements KeyValueItems,
        KeyValueConditions,
        KeyValueExpiry,
        KeyValueBatches,
        KeyValueScans,
        KeyValueIdempotency,
        KeyValueConcurrency,
        KeyValueLimits,
        KeyValueCapabilities,
        KeyValueRandom,
        KeyValueInjections {}
