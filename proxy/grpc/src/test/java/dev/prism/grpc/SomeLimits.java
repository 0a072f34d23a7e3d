package dev.prism.grpc;

import dev.prism.grpc.engine.Limits;
import java.time.Duration;

/** The usual limits with some of them changed. */
final class SomeLimits {
  private static final Limits USUAL = Limits.DEFAULT;

  private SomeLimits() {}

  static Limits streams(int maxStreams) {
    return of(maxStreams, USUAL.queuedBytes(), USUAL.stall());
  }

  static Limits queued(long bytes) {
    return of(USUAL.maxStreams(), bytes, USUAL.stall());
  }

  static Limits stall(Duration stall) {
    return of(USUAL.maxStreams(), USUAL.queuedBytes(), stall);
  }

  private static Limits of(int maxStreams, long queuedBytes, Duration stall) {
    return new Limits(
        maxStreams,
        USUAL.maxHeaderBytes(),
        queuedBytes,
        USUAL.bodyBytes(),
        USUAL.preface(),
        USUAL.keepAlive(),
        USUAL.keepAliveTimeout(),
        USUAL.idle(),
        USUAL.age(),
        stall);
  }

  static Limits preface(Duration preface) {
    return times(preface, USUAL.keepAlive(), USUAL.keepAliveTimeout(), USUAL.idle(), USUAL.age());
  }

  static Limits keepAlive(Duration keepAlive, Duration timeout) {
    return times(USUAL.preface(), keepAlive, timeout, USUAL.idle(), USUAL.age());
  }

  static Limits idle(Duration idle) {
    return times(USUAL.preface(), USUAL.keepAlive(), USUAL.keepAliveTimeout(), idle, USUAL.age());
  }

  static Limits age(Duration age, Duration keepAliveTimeout) {
    return times(USUAL.preface(), USUAL.keepAlive(), keepAliveTimeout, USUAL.idle(), age);
  }

  private static Limits times(
      Duration preface, Duration keepAlive, Duration timeout, Duration idle, Duration age) {
    return new Limits(
        USUAL.maxStreams(),
        USUAL.maxHeaderBytes(),
        USUAL.queuedBytes(),
        USUAL.bodyBytes(),
        preface,
        keepAlive,
        timeout,
        idle,
        age,
        USUAL.stall());
  }
}
