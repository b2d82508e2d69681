package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On Debian's containerd. */
class BadPodsOnContainerdTest extends BadPodsSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return Containerd.start();
  }
}
