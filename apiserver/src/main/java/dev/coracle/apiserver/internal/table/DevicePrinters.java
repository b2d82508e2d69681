package dev.coracle.apiserver.internal.table;

import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Devices and the claims on them: resource.k8s.io. */
final class DevicePrinters {

  private DevicePrinters() {}

  static void add(Map<String, Printer> to) {
    Printer plain =
        Printer.of(List.of(Column.NAME, Column.AGE), (o, ages) -> List.of(o.name(), ages.of(o)));
    to.put("deviceclasses.resource.k8s.io", plain);
    to.put("resourceclaimtemplates.resource.k8s.io", plain);
    to.put(
        "resourceclaims.resource.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("State"), Column.AGE),
            (o, ages) -> List.of(o.name(), state(o), ages.of(o))));
    to.put(
        "resourceslices.resource.k8s.io",
        Printer.of(
            List.of(
                Column.NAME, Column.of("Node"), Column.of("Driver"), Column.of("Pool"), Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.text("spec", "nodeName"),
                    o.text("spec", "driver"),
                    o.text("spec", "pool", "name"),
                    ages.of(o))));
  }

  /** {@code allocated,reserved}; a claim on its way out is also {@code deleted}. */
  private static String state(KubeObject claim) {
    List<String> out = new ArrayList<>();
    if (claim.isDeleting()) {
      out.add("deleted");
    }
    if (claim.at("status", "allocation").isObject()) {
      out.add("allocated");
      if (!claim.at("status", "reservedFor").isEmpty()) {
        out.add("reserved");
      }
    } else if (!claim.isDeleting()) {
      out.add("pending");
    }
    return String.join(",", out);
  }
}
