package dev.coracle.apiserver.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DevicePrintersTest {

  private static final Ages AGES = new Ages(Instant.parse("2026-01-01T00:00:30Z"));
  private static final String METADATA =
      "\"metadata\":{\"name\":\"x\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\"";

  private static Printer printer(String resource) {
    Map<String, Printer> all = new HashMap<>();
    DevicePrinters.add(all);
    Printer found = all.get(resource + ".resource.k8s.io");
    assertThat(found).as(resource).isNotNull();
    return found;
  }

  private static List<Object> cells(String resource, String json) {
    return printer(resource)
        .cells(
            KubeObject.parse("{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"K\"," + json + "}"),
            AGES);
  }

  private static List<String> names(String resource) {
    return printer(resource).columns().stream().map(Column::name).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "pending|}",
        "allocated|},\"status\":{\"allocation\":{}}",
        "allocated,reserved|},\"status\":{\"allocation\":{},\"reservedFor\":[{\"name\":\"p\"}]}",
        "deleted|,\"deletionTimestamp\":\"2026-01-01T00:00:10Z\"}",
        "deleted,allocated|,\"deletionTimestamp\":\"2026-01-01T00:00:10Z\"},\"status\":{\"allocation\":{}}",
      })
  void aClaimShowsItsState(String state, String rest) {
    assertThat(names("resourceclaims")).containsExactly("Name", "State", "Age");
    assertThat(cells("resourceclaims", METADATA + rest)).containsExactly("x", state, "30s");
  }

  @Test
  void aSliceShowsWhereItsDevicesAre() {
    assertThat(names("resourceslices")).containsExactly("Name", "Node", "Driver", "Pool", "Age");
    String spec = "},\"spec\":{\"nodeName\":\"n\",\"driver\":\"d\",\"pool\":{\"name\":\"p\"}}";
    assertThat(cells("resourceslices", METADATA + spec)).containsExactly("x", "n", "d", "p", "30s");
  }

  @Test
  void classesAndTemplatesShowTheirAge() {
    for (String resource : List.of("deviceclasses", "resourceclaimtemplates")) {
      assertThat(names(resource)).containsExactly("Name", "Age");
      assertThat(cells(resource, METADATA + "}")).containsExactly("x", "30s");
    }
  }
}
