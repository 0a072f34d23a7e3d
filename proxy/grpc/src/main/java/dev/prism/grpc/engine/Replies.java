package dev.prism.grpc.engine;

/**
 * What the reader causes to be written: offered at once, and somebody woken to write all of it when
 * there is nothing left to read. For the reader's thread, which never writes (hazard 2).
 */
final class Replies {
  private final Writer writer;
  private boolean due;

  Replies(Writer writer) {
    this.writer = writer;
  }

  /** Has a control frame written. */
  void control(byte[] frame) throws ConnectionException {
    due = true;
    if (!writer.control(frame)) {
      throw new ConnectionException(
          ErrorCode.ENHANCE_YOUR_CALM, "More is asked for than is taken.");
    }
  }

  /** Has the writer look at a stream again. */
  void resume(Stream stream) {
    due = true;
    writer.resume(stream);
  }

  /** The peer has opened the connection's window. */
  void addWindow(int increment) throws ConnectionException {
    due = true;
    if (!writer.addWindow(increment)) {
      throw new ConnectionException(ErrorCode.FLOW_CONTROL_ERROR, "A window over 2^31 - 1.");
    }
  }

  /** Nothing is left to read. */
  void send() {
    if (due) {
      due = false;
      writer.wake();
    }
  }
}
