package dev.prism.sdk.pubsub;

/**
 * An event on its way to the backend.
 *
 * @param topic where it is published: tokens joined with {@code .}, no pattern
 */
public record Emission(String topic, Event event) {}
