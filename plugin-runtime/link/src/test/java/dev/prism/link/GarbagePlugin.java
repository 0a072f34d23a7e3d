package dev.prism.link;

import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.AtomicBuffer;

/** A plugin process that says hello and then writes noise over the memory it shares. */
public final class GarbagePlugin {
  private GarbagePlugin() {}

  public static void main(String[] args) throws Exception {
    LinkMemory memory =
        LinkMemory.open(
            SharedMemory.open(
                System.getenv("PRISM_LINK"), LinkMemory.SMALLEST, LinkMemory.LARGEST));
    int before = memory.requests.ring().size();
    new RingSender(memory.responses, memory.incarnation)
        .sendAlways(Frame.HELLO, 0, HelloCodec.encode(TestPlugin.hello()));
    while (memory.requests.ring().size() == before) {
      LockSupport.parkNanos(1_000_000); // until the proxy has sent a call behind its own hello
    }
    Random random = new Random(Long.parseLong(args[0]));
    AtomicBuffer responses = memory.responses.ring().buffer();
    AtomicBuffer requests = memory.requests.ring().buffer();
    byte[] noise = new byte[4096];
    while (true) {
      random.nextBytes(noise);
      for (int at = 0; at + noise.length <= responses.capacity(); at += noise.length) {
        responses.putBytes(at, noise);
      }
      requests.putBytes(requests.capacity() - 768, noise, 0, 768);
      memory.responses.bell().ring();
    }
  }
}
