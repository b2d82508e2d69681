package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On the built-in runtime. */
class PodStorageOnBuiltInTest extends PodStorageSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return BuiltIn.start(onVertx);
  }

  @Override
  boolean makesUserNamespaces() {
    return true;
  }
}
