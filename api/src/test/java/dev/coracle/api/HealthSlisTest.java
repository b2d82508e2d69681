package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HealthSlisTest {

  @Test
  void theLastOutcomeIsAGaugeAndAllOfThemAreCounted() {
    HealthSlis slis = new HealthSlis();
    slis.observe("etcd", "readyz", true);
    slis.observe("etcd", "readyz", false);
    slis.observe("etcd", "livez", true);
    assertThat(slis.text().replaceAll("(?m)^process_start_time_seconds .*$", "start"))
        .isEqualTo(
            """
            # HELP kubernetes_healthcheck This metric records the result of a single healthcheck.
            # TYPE kubernetes_healthcheck gauge
            kubernetes_healthcheck{name="etcd",type="livez"} 1
            kubernetes_healthcheck{name="etcd",type="readyz"} 0
            # HELP kubernetes_healthchecks_total This metric records the results of all healthcheck.
            # TYPE kubernetes_healthchecks_total counter
            kubernetes_healthchecks_total{name="etcd",status="success",type="livez"} 1
            kubernetes_healthchecks_total{name="etcd",status="error",type="readyz"} 1
            kubernetes_healthchecks_total{name="etcd",status="success",type="readyz"} 1
            # HELP process_start_time_seconds Start time of the process since unix epoch in seconds.
            # TYPE process_start_time_seconds gauge
            start
            """);
  }
}
