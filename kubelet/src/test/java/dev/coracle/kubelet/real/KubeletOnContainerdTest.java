package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On Debian's containerd 1.6, which has no container events. */
class KubeletOnContainerdTest extends KubeletOnRuntimeSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return Containerd.start();
  }
}
