package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;

/** On the built-in runtime. */
class LogRotationOnBuiltInTest extends LogRotationSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return BuiltIn.start(onVertx);
  }
}
