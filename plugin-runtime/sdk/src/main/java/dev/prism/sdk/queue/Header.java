package dev.prism.sdk.queue;

/**
 * One header of a message. Names may repeat and their order is kept (contract 9).
 *
 * @param name 1 to 255 bytes of visible ASCII without a colon
 * @param value at most 8 KiB
 */
@SuppressWarnings("ArrayRecordComponent")
public record Header(String name, byte[] value) {}
