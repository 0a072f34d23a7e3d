package dev.prism.link;

/** Bytes that large messages may hold at once; first come, first served. */
public final class ByteBudget {
  private final long limit;

  /** A budget of {@code limit} bytes; a message larger than that can never have room. */
  public ByteBudget(long limit) {
    this.limit = limit;
  }

  /** All there is, in bytes. */
  public long limit() {
    return limit;
  }
}
