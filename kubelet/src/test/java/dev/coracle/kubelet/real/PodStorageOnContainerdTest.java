package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On a real containerd. */
class PodStorageOnContainerdTest extends PodStorageSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return Containerd.start();
  }

  @Override
  boolean makesUserNamespaces() {
    return false;
  }
}
