package dev.prism.plugin.neptune;

/**
 * How many vertices to ask for at once, so that an answer has about a certain size however large
 * they are: few at first, then as many as those before let expect.
 */
final class Pace {
  /** Never more times as many at once: the vertices to come may be larger. */
  private static final int GROWTH = 8;

  private final int most;
  private final long target;
  private int next;
  private long vertices;
  private long bytes;

  /**
   * @param most at once
   * @param target bytes of an answer
   */
  Pace(int first, int most, long target) {
    this.next = first;
    this.most = most;
    this.target = target;
  }

  int next() {
    return next;
  }

  /** Notes what came. */
  void seen(Gremlin.Answered answered) {
    vertices += answered.elements();
    bytes += answered.bytes();
    if (vertices > 0) {
      long fitting = Math.min(target * vertices / bytes, (long) next * GROWTH);
      next = Math.clamp(fitting, 1, most);
    }
  }

  /** Fewer, because an answer was larger than was expected. */
  void slower() {
    next = Math.max(1, next / GROWTH);
  }
}
