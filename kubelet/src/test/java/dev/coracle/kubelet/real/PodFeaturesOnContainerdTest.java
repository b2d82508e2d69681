package dev.coracle.kubelet.real;

import io.vertx.core.Vertx;
import org.junit.jupiter.api.Order;

/** On Debian's containerd. */
@Order(1)
class PodFeaturesOnContainerdTest extends PodFeaturesSuite {
  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    return Containerd.start();
  }
}
