package dev.prism.plugin.redis;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Makes the sockets of connections, with TLS where it is wanted. */
final class Sockets implements JedisSocketFactory {
  private final RedisSettings settings;
  private final int connectMillis;
  private final int readMillis;
  private final @Nullable SSLContext tls;

  /**
   * @param connectMillis how long a connection may take to be there
   * @param readMillis how long an answer may take; 0: for ever
   */
  Sockets(RedisSettings settings, int connectMillis, int readMillis) {
    this.settings = settings;
    this.connectMillis = connectMillis;
    this.readMillis = readMillis;
    this.tls = settings.tls() ? Tls.context(settings) : null;
  }

  @Override
  public Socket createSocket() {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.connect(new InetSocketAddress(settings.host(), settings.port()), connectMillis);
      if (tls == null) {
        socket.setSoTimeout(readMillis);
        return socket;
      }
      socket.setSoTimeout(connectMillis);
      SSLSocket secured =
          (SSLSocket)
              tls.getSocketFactory().createSocket(socket, settings.host(), settings.port(), true);
      secured.setSSLParameters(Tls.verifying(secured.getSSLParameters()));
      secured.startHandshake();
      secured.setSoTimeout(readMillis);
      return secured;
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw new JedisConnectionException(e);
    }
  }
}
