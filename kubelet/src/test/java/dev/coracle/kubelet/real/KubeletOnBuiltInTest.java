package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On the built-in runtime. */
class KubeletOnBuiltInTest extends KubeletOnRuntimeSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return BuiltIn.start(onVertx);
  }
}
