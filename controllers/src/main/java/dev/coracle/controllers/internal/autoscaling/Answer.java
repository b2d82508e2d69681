package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoDuration;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What a metrics API answered: items that can all be read, or why there are none, in upstream's
 * words. One value that cannot be read spoils the answer, as it does where Go decodes it.
 *
 * @param failure empty where there are items
 * @param nanos how long it was waited for
 */
record Answer(List<KubeObject> items, String failure, long nanos) {

  private static final String QUANTITY =
      "quantities must match the regular expression"
          + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

  static Answer failed(String failure) {
    return new Answer(List.of(), failure, 0);
  }

  Answer after(long waited) {
    return new Answer(items, failure, waited);
  }

  /** Of metrics.k8s.io. */
  static Answer ofPods(List<KubeObject> items) {
    return checked(items, "resource", Answer::unreadablePod);
  }

  /**
   * Of the other metrics APIs.
   *
   * @param api {@code custom} or {@code external}
   */
  static Answer ofValues(JsonNode list, String api) {
    List<KubeObject> items = new ArrayList<>();
    for (JsonNode item : list.path("items")) {
      if (item instanceof ObjectNode value) {
        items.add(KubeObject.of(value));
      }
    }
    return checked(items, api, Answer::unreadableValue);
  }

  private static Answer checked(
      List<KubeObject> items, String api, Function<KubeObject, String> unreadable) {
    for (KubeObject item : items) {
      String why = unreadable.apply(item);
      if (!why.isEmpty()) {
        return failed(unable(api, why));
      }
    }
    return items.isEmpty()
        ? failed("no metrics returned from " + api + " metrics API")
        : new Answer(items, "", 0);
  }

  static String unable(String api, String why) {
    return "unable to fetch metrics from " + api + " metrics API: " + why;
  }

  private static String unreadablePod(KubeObject metrics) {
    String window = metrics.text("window");
    try {
      if (!window.isEmpty()) {
        GoDuration.parse(window);
      }
    } catch (IllegalArgumentException e) {
      return "time: invalid duration \"" + window + "\"";
    }
    for (JsonNode container : metrics.at("containers")) {
      for (JsonNode amount : container.path("usage")) {
        if (Quantity.tryParse(amount.asText("")) == null) {
          return QUANTITY;
        }
      }
    }
    return unreadableTime(metrics);
  }

  private static String unreadableValue(KubeObject value) {
    String amount = value.at("value").asText("0");
    return Quantity.tryParse(amount) == null ? QUANTITY : unreadableTime(value);
  }

  private static String unreadableTime(KubeObject metrics) {
    String time = metrics.text("timestamp");
    return time.isEmpty() || Timestamps.parse(time) != null
        ? ""
        : "parsing time \""
            + time
            + "\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \""
            + time
            + "\" as \"2006\"";
  }

  /** What the value of one of the other APIs is, in thousandths. */
  static long milli(KubeObject value) {
    Quantity amount = Quantity.tryParse(value.at("value").asText("0"));
    return amount == null ? 0 : amount.millis();
  }
}
