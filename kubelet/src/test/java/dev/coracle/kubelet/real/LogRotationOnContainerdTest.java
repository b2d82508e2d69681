package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On a real containerd. */
class LogRotationOnContainerdTest extends LogRotationSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return Containerd.start();
  }
}
