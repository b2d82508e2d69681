package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds devices for claims on one node: for each request in turn the first devices that will do,
 * and back again where a later request or a constraint cannot be met. The search ends after so many
 * steps; what it has not found then counts as not there.
 */
final class Allocator {

  private static final int STEPS = 10_000;

  /** One choice of what a request may be: itself, or one of its alternatives. */
  private record Wanted(
      String name,
      JsonNode terms,
      boolean all,
      int count,
      boolean admin,
      List<String> expressions,
      JsonNode deviceClass) {

    /** How much of which capacity it asks for. */
    JsonNode capacity() {
      return terms.path("capacity").path("requests");
    }
  }

  /** Of one claim: the API takes no more results. */
  private static final int MOST_DEVICES = 32;

  /**
   * @param amounts of a share; null where the device is taken whole, or looked after only
   */
  private record Taken(Wanted request, Candidate device, @Nullable Map<String, Quantity> amounts) {}

  private final Function<String, @Nullable KubeObject> classes;
  private final Supplier<Selectors> selectors;
  private final DeviceTaints taints;
  private final Counters counters;
  private final Shares shares;
  private final Supplier<String> shareIds;
  private int steps;

  /**
   * @param taints what keeps claims from devices
   * @param counters what is left of them; what devices that are chosen take is taken from them
   * @param shares what is taken of devices that several have; what is chosen is added
   */
  Allocator(
      Function<String, @Nullable KubeObject> classes,
      Supplier<Selectors> selectors,
      DeviceTaints taints,
      Counters counters,
      Shares shares,
      Supplier<String> shareIds) {
    this.classes = classes;
    this.selectors = selectors;
    this.taints = taints;
    this.counters = counters;
    this.shares = shares;
    this.shareIds = shareIds;
  }

  /**
   * @param used devices that are given whole, by {@link Candidate#id}; those chosen are added
   * @return {@code status.allocation}, or null where it cannot be
   */
  @Nullable ObjectNode allocate(
      KubeObject claim, KubeObject node, List<Candidate> devices, Set<String> used) {
    steps = 0;
    List<List<Wanted>> requests = new ArrayList<>();
    for (JsonNode request : claim.at("spec", "devices", "requests")) {
      requests.add(alternatives(request));
    }
    List<Taken> taken = new ArrayList<>();
    Set<String> busy = new HashSet<>(used);
    if (!fill(claim, requests, 0, devices, busy, taken)) {
      return null;
    }
    taken.stream()
        .filter(t -> !t.request.admin && t.amounts == null)
        .forEach(t -> used.add(t.device.id()));
    return result(claim, node, taken);
  }

  private List<Wanted> alternatives(JsonNode request) {
    String name = request.path("name").asText("");
    List<Wanted> out = new ArrayList<>();
    if (request.path("exactly").isObject()) {
      out.add(wanted(name, request.path("exactly")));
    }
    for (JsonNode sub : request.path("firstAvailable")) {
      out.add(wanted(name + "/" + sub.path("name").asText(""), sub));
    }
    return out;
  }

  private Wanted wanted(String name, JsonNode terms) {
    String className = terms.path("deviceClassName").asText("");
    KubeObject deviceClass = classes.apply(className);
    if (deviceClass == null) {
      throw new Selectors.Failure(
          "request " + name + ": device class " + className + " does not exist");
    }
    List<String> expressions = new ArrayList<>();
    for (JsonNode list : List.of(deviceClass.at("spec", "selectors"), terms.path("selectors"))) {
      list.forEach(s -> expressions.add(s.path("cel").path("expression").asText("false")));
    }
    return new Wanted(
        name,
        terms,
        terms.path("allocationMode").asText("").equals("All"),
        terms.path("count").asInt(1),
        terms.path("adminAccess").asBoolean(false),
        expressions,
        deviceClass.at("spec"));
  }

  private boolean fill(
      KubeObject claim,
      List<List<Wanted>> requests,
      int index,
      List<Candidate> devices,
      Set<String> busy,
      List<Taken> taken) {
    if (index == requests.size()) {
      return true;
    }
    for (Wanted wanted : requests.get(index)) {
      int count = wanted.count;
      if (wanted.all) {
        List<Candidate> every = devices.stream().filter(d -> suits(d, wanted)).toList();
        if (every.isEmpty() || (!wanted.admin && every.stream().anyMatch(d -> isBusy(d, busy)))) {
          continue;
        }
        count = every.size();
      }
      if (taken.size() + count > MOST_DEVICES) {
        continue;
      }
      if (take(claim, requests, index, wanted, count, 0, devices, busy, taken)) {
        return true;
      }
    }
    return false;
  }

  private boolean take(
      KubeObject claim,
      List<List<Wanted>> requests,
      int index,
      Wanted wanted,
      int left,
      int from,
      List<Candidate> devices,
      Set<String> busy,
      List<Taken> taken) {
    if (left == 0) {
      return fill(claim, requests, index + 1, devices, busy, taken);
    }
    for (int i = from; i < devices.size() && steps++ < STEPS; i++) {
      Candidate device = devices.get(i);
      boolean free = wanted.admin || !isBusy(device, busy);
      if (!free || !suits(device, wanted)) {
        continue;
      }
      Taken one = new Taken(wanted, device, share(device, wanted));
      if (!hold(one, busy)) {
        continue;
      }
      taken.add(one);
      if (keeps(claim, taken)
          && take(claim, requests, index, wanted, left - 1, i + 1, devices, busy, taken)) {
        return true;
      }
      taken.removeLast();
      letGo(one, busy);
    }
    return false;
  }

  /** Whether it is given whole, or in shares that it is no more to be given in. */
  private boolean isBusy(Candidate device, Set<String> busy) {
    return busy.contains(device.id()) || (!device.isShared() && shares.isHeld(device.id()));
  }

  private static @Nullable Map<String, Quantity> share(Candidate device, Wanted wanted) {
    return wanted.admin || !device.isShared() ? null : Shares.amounts(device, wanted.capacity());
  }

  /** False, and nothing is held, where there is not enough. */
  private boolean hold(Taken one, Set<String> busy) {
    String id = one.device.id();
    if (one.request.admin) {
      return true;
    }
    // What a device takes of its pool's counters it takes once, whatever shares it is given in.
    boolean isFirst = !shares.isHeld(id);
    if (isFirst && !counters.take(id)) {
      return false;
    }
    if (one.amounts == null) {
      busy.add(id);
    } else if (!shares.take(one.device, one.amounts)) {
      if (isFirst) {
        counters.giveBack(id);
      }
      return false;
    }
    return true;
  }

  private void letGo(Taken one, Set<String> busy) {
    String id = one.device.id();
    if (one.request.admin) {
      return;
    }
    if (one.amounts == null) {
      busy.remove(id);
    } else {
      shares.giveBack(one.device, one.amounts);
    }
    if (!shares.isHeld(id)) {
      counters.giveBack(id);
    }
  }

  private boolean suits(Candidate device, Wanted wanted) {
    if (!taints.allow(device, wanted.terms.path("tolerations"))) {
      return false;
    }
    for (String expression : wanted.expressions) {
      if (!selectors.get().matches(expression, device)) {
        return false;
      }
    }
    return (wanted.capacity().isEmpty() && !device.isShared())
        || Shares.amounts(device, wanted.capacity()) != null;
  }

  /** Whether what is taken so far fits together. */
  private static boolean keeps(KubeObject claim, List<Taken> taken) {
    for (JsonNode constraint : claim.at("spec", "devices", "constraints")) {
      boolean same = constraint.has("matchAttribute");
      String attribute = constraint.path(same ? "matchAttribute" : "distinctAttribute").asText("");
      Set<JsonNode> values = new HashSet<>();
      for (Taken t : taken) {
        if (applies(constraint.path("requests"), t.request.name)) {
          JsonNode value = t.device.attribute(attribute);
          boolean fresh = values.add(value);
          if (value.isMissingNode() || (same ? values.size() > 1 : !fresh)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** A list names requests, or parts of them; an empty one means all. */
  private static boolean applies(JsonNode names, String request) {
    for (JsonNode name : names) {
      if (name.asText().equals(request) || request.startsWith(name.asText() + "/")) {
        return true;
      }
    }
    return names.isEmpty();
  }

  private ObjectNode result(KubeObject claim, KubeObject node, List<Taken> taken) {
    ObjectNode allocation = Json.object();
    ObjectNode devices = allocation.putObject("devices");
    ArrayNode results = devices.putArray("results");
    Map<String, JsonNode> classes = new LinkedHashMap<>();
    JsonNode selector = null;
    boolean local = false;
    for (Taken t : taken) {
      ObjectNode r =
          results
              .addObject()
              .put("request", t.request.name)
              .put("driver", t.device.driver())
              .put("pool", t.device.pool())
              .put("device", t.device.name());
      if (t.request.admin) {
        r.put("adminAccess", true);
      }
      copy(t.request.terms, "tolerations", r);
      copy(t.device.node(), "bindingConditions", r);
      copy(t.device.node(), "bindingFailureConditions", r);
      if (t.amounts != null) {
        r.put("shareID", shareIds.get());
        ObjectNode consumed = r.putObject("consumedCapacity");
        t.amounts.forEach(
            (name, amount) -> consumed.put(Shares.published(t.device, name), amount.toString()));
      }
      classes.put(t.request.name, t.request.deviceClass);
      local |=
          t.device.where().hasNonNull("nodeName")
              || t.device.node().path("bindsToNode").asBoolean(false);
      if (t.device.where().path("nodeSelector").isObject()) {
        // Several selectors cannot be put into one, but the node they were found for can.
        local |= selector != null && !selector.equals(t.device.where().path("nodeSelector"));
        selector = t.device.where().path("nodeSelector");
      }
    }
    ArrayNode config = Json.array();
    classes.forEach((request, spec) -> config(spec.path("config"), "FromClass", request, config));
    for (JsonNode c : claim.at("spec", "devices", "config")) {
      ObjectNode copy = c.deepCopy();
      copy.put("source", "FromClaim");
      config.add(copy);
    }
    if (!config.isEmpty()) {
      devices.set("config", config);
    }
    if (local) {
      ObjectNode field =
          allocation
              .putObject("nodeSelector")
              .putArray("nodeSelectorTerms")
              .addObject()
              .putArray("matchFields")
              .addObject()
              .put("key", "metadata.name")
              .put("operator", "In");
      field.putArray("values").add(node.name());
    } else if (selector != null) {
      allocation.set("nodeSelector", selector.deepCopy());
    }
    return allocation;
  }

  private static void copy(JsonNode from, String field, ObjectNode to) {
    if (!from.path(field).isEmpty()) {
      to.set(field, from.path(field).deepCopy());
    }
  }

  private static void config(JsonNode list, String source, String request, ArrayNode out) {
    for (JsonNode c : list) {
      ObjectNode copy = c.deepCopy();
      copy.put("source", source);
      copy.putArray("requests").add(request);
      out.add(copy);
    }
  }
}
