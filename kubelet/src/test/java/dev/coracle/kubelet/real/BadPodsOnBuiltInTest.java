package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On the built-in runtime. */
class BadPodsOnBuiltInTest extends BadPodsSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return BuiltIn.start(onVertx);
  }
}
