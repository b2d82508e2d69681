package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Quotas of devices that claims may get, by their DeviceClass. */
class DeviceQuotaTest {

  private final Cluster c = new Cluster();

  private void claim(String name, String terms) {
    c.create(
        Resources.RESOURCE_CLAIMS,
        """
        {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
         "metadata":{"namespace":"default","name":"%s"},
         "spec":{"devices":{"requests":[{"name":"r",%s}]}}}\
        """
            .formatted(name, terms));
  }

  private String used(String resourceClass) {
    return c.get(Resources.RESOURCE_QUOTAS, "q")
        .at("status", "used", resourceClass + ".deviceclass.resource.k8s.io/devices")
        .asText("");
  }

  @Test
  void theDevicesThatClaimsMayGetAreCountedByClass() {
    claim("one", "\"exactly\":{\"deviceClassName\":\"gpu\"}");
    claim("five", "\"exactly\":{\"deviceClassName\":\"gpu\",\"count\":5}");
    claim("all", "\"exactly\":{\"deviceClassName\":\"nic\",\"allocationMode\":\"All\"}");
    claim(
        "either",
        "\"firstAvailable\":[{\"name\":\"a\",\"deviceClassName\":\"gpu\",\"count\":2},"
            + "{\"name\":\"b\",\"deviceClassName\":\"gpu\",\"count\":4},"
            + "{\"name\":\"c\",\"deviceClassName\":\"nic\",\"count\":1}]");
    c.create(
        Resources.RESOURCE_QUOTAS,
        """
        {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"namespace":"default","name":"q"},
         "spec":{"hard":{"gpu.deviceclass.resource.k8s.io/devices":"10",
          "nic.deviceclass.resource.k8s.io/devices":"40",
          "fpga.deviceclass.resource.k8s.io/devices":"1"}}}\
        """);
    assertThat(used("gpu")).isEqualTo("10");
    assertThat(used("nic")).isEqualTo("33");
    assertThat(used("fpga")).isEqualTo("0");
    c.api.remove(Resources.RESOURCE_CLAIMS, "default", "five");
    c.pass(Duration.ofSeconds(5));
    assertThat(used("gpu")).isEqualTo("5");
  }
}
