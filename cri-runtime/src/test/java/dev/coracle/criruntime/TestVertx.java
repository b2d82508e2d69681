package dev.coracle.criruntime;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;

/** A Vert.x with epoll, which UNIX sockets need. */
public final class TestVertx {
  private TestVertx() {}

  public static Vertx create() {
    return Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));
  }
}
