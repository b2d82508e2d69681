package dev.coracle.apiserver.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoragePrintersTest {

  @Test
  void aVolumeAttributesClassShowsItsDriver() {
    Map<String, Printer> all = new HashMap<>();
    StoragePrinters.add(all);
    Printer printer = all.get("volumeattributesclasses.storage.k8s.io");
    assertThat(printer).isNotNull();
    assertThat(printer.columns().stream().map(Column::name))
        .containsExactly("Name", "DriverName", "Age");
    KubeObject silver =
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttributesClass",
             "metadata":{"name":"silver","creationTimestamp":"2026-01-01T00:00:00Z"},
             "driverName":"disk.example.com","parameters":{"iops":"3000"}}\
            """);
    assertThat(printer.cells(silver, new Ages(Instant.parse("2026-01-01T00:00:30Z"))))
        .containsExactly("silver", "disk.example.com", "30s");
  }
}
