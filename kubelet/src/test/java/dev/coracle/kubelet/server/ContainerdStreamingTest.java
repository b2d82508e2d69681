package dev.coracle.kubelet.server;

import dev.coracle.kubelet.real.Containerd;
import io.vertx.core.Vertx;
import java.nio.file.Path;

/** Streams of a real containerd, by SPDY. */
class ContainerdStreamingTest extends RuntimeStreamingSuite {
  @Override
  Runtime start(Vertx onVertx) throws Exception {
    Containerd containerd = Containerd.start();
    return new Runtime() {
      @Override
      public String endpoint() {
        return containerd.endpoint();
      }

      @Override
      public Path root() {
        return containerd.root();
      }

      @Override
      public String image() {
        return Containerd.IMAGE;
      }

      @Override
      public void close() throws Exception {
        containerd.close();
      }
    };
  }
}
