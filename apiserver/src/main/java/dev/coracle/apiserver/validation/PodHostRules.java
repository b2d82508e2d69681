package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a Pod says of name resolution and of the operating system below it. */
final class PodHostRules {

  /** Where containers of a pod are, in the order in which they are looked at. */
  static final List<String> LISTS = List.of("initContainers", "containers", "ephemeralContainers");

  private static final int MOST_SERVERS = 3;
  private static final int MOST_SEARCHES = 32;
  private static final int LONGEST_SEARCHES = 2048;
  private static final int LONGEST_HOST = 64;
  private static final String OVERRIDE = "hostnameOverride";
  private static final Set<String> SYSTEMS = Set.of("linux", "windows");
  private static final String NOT_WINDOWS = "cannot be set for a windows pod";

  /** Of a Windows pod and of its containers, in the order in which upstream looks. */
  private static final List<String> OF_PODS =
      List.of("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup");

  private static final List<String> OF_PODS_LATER =
      List.of("runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy");

  private static final List<String> OF_CONTAINERS =
      List.of(
          "appArmorProfile",
          "seLinuxOptions",
          "seccompProfile",
          "capabilities",
          "readOnlyRootFilesystem",
          "privileged",
          "allowPrivilegeEscalation",
          "procMount",
          "runAsUser",
          "runAsGroup");

  private PodHostRules() {}

  static void dns(JsonNode spec, FieldPath path, FieldErrors errors) {
    JsonNode config = spec.path("dnsConfig");
    FieldPath at = path.child("dnsConfig");
    if (Nodes.text(spec, "dnsPolicy").equals("None")) {
      if (!Nodes.set(spec, "dnsConfig")) {
        errors.required(at, "", "must provide `dnsConfig` when `dnsPolicy` is None");
        return;
      }
      if (!Nodes.has(config, "nameservers")) {
        errors.required(
            at, "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
        return;
      }
    }
    JsonNode servers = config.path("nameservers");
    if (servers.size() > MOST_SERVERS) {
      errors.invalid(
          at, "nameservers", servers, "must not have more than " + MOST_SERVERS + " nameservers");
    }
    int i = 0;
    for (JsonNode server : servers) {
      Addresses.ip(server.asText(), at.child("nameservers").index(i++), "", errors);
    }
    searches(config.path("searches"), at, errors);
    i = 0;
    for (JsonNode option : config.path("options")) {
      if (Nodes.text(option, "name").isEmpty()) {
        errors.required(at.child("options").index(i), "", "must not be empty");
      }
      i++;
    }
  }

  private static void searches(JsonNode searches, FieldPath at, FieldErrors errors) {
    if (searches.size() > MOST_SEARCHES) {
      errors.invalid(
          at, "searches", searches, "must not have more than " + MOST_SEARCHES + " search paths");
    }
    List<String> all = new ArrayList<>();
    searches.forEach(s -> all.add(s.asText()));
    if (String.join(" ", all).length() > LONGEST_SEARCHES) {
      errors.invalid(
          at,
          "searches",
          searches,
          "must not have more than "
              + LONGEST_SEARCHES
              + " characters (including spaces) in the search list");
    }
    int i = 0;
    for (String search : all) {
      if (!search.equals(".")) {
        String name = search.endsWith(".") ? search.substring(0, search.length() - 1) : search;
        errors.invalid(
            at.child("searches").index(i), "", name, NameRules.dnsSubdomainWithUnderscores(name));
      }
      i++;
    }
  }

  /** What a pod with users of its own cannot have (KEP-127). */
  static void ownUsers(JsonNode spec, FieldPath path, FieldErrors errors) {
    if (spec.path("hostUsers").asBoolean(true)) {
      return;
    }
    for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
      if (spec.path(field).asBoolean(false)) {
        errors.forbidden(path, field, "when `hostUsers` is false");
      }
    }
    for (String kind : List.of("containers", "initContainers", "ephemeralContainers")) {
      int i = 0;
      for (JsonNode container : spec.path(kind)) {
        FieldPath at = path.child(kind).index(i++);
        if (Nodes.has(container, "volumeDevices")) {
          errors.forbidden(at, "volumeDevices", "when `hostUsers` is false");
        }
      }
    }
  }

  /** How the pod and others are called in it (of its own name, KEP-4762). */
  static void names(JsonNode spec, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode a : spec.path("hostAliases")) {
      FieldPath at = path.child("hostAliases").index(i++);
      Addresses.ip(Nodes.text(a, "ip"), at, "ip", errors);
      int h = 0;
      for (JsonNode host : a.path("hostnames")) {
        errors.invalid(
            at.child("hostnames").index(h++),
            "",
            host.asText(),
            NameRules.dnsSubdomain(host.asText()));
      }
    }
    if (!Nodes.set(spec, OVERRIDE)) {
      return;
    }
    String name = Nodes.text(spec, OVERRIDE);
    errors.invalid(path, OVERRIDE, name, NameRules.dnsSubdomain(name));
    if (name.length() > LONGEST_HOST) {
      errors.tooLong(path, OVERRIDE, LONGEST_HOST);
    }
    for (String field : List.of("hostNetwork", "setHostnameAsFQDN")) {
      if (spec.path(field).asBoolean()) {
        errors.forbidden(path, OVERRIDE, "may not be specified when `" + field + "` is true");
      }
    }
  }

  static void os(JsonNode spec, FieldPath path, FieldErrors errors) {
    if (!Nodes.set(spec, "os")) {
      return;
    }
    String name = Nodes.text(spec.path("os"), "name");
    FieldPath at = path.child("os");
    switch (name) {
      case "" -> errors.required(at, "name", "cannot be empty");
      case "linux" -> linux(spec, path, errors);
      case "windows" -> windows(spec, path, errors);
      default -> errors.unsupported(at, "", name, SYSTEMS);
    }
  }

  private static void linux(JsonNode spec, FieldPath path, FieldErrors errors) {
    String why = "windows options cannot be set for a linux pod";
    if (Nodes.set(spec.path("securityContext"), "windowsOptions")) {
      errors.forbidden(path.child("securityContext"), "windowsOptions", why);
    }
    contexts(
        spec,
        path,
        (context, at) -> {
          if (Nodes.set(context, "windowsOptions")) {
            errors.forbidden(at, "windowsOptions", why);
          }
        });
  }

  private static void windows(JsonNode spec, FieldPath path, FieldErrors errors) {
    JsonNode context = spec.path("securityContext");
    FieldPath at = path.child("securityContext");
    none(context, OF_PODS.subList(0, 2), at, errors);
    for (String field : new String[] {"hostUsers", "hostPID", "hostIPC"}) {
      boolean set = field.equals("hostUsers") ? Nodes.set(spec, field) : Nodes.has(spec, field);
      if (set && (field.equals("hostUsers") || spec.path(field).asBoolean())) {
        errors.forbidden(path, field, NOT_WINDOWS);
      }
    }
    none(context, OF_PODS.subList(2, 4), at, errors);
    none(context, List.of("fsGroupChangePolicy"), at, errors);
    if (Nodes.has(context, "sysctls")) {
      errors.forbidden(at, "sysctls", NOT_WINDOWS);
    }
    if (Nodes.set(spec, "shareProcessNamespace")) {
      errors.forbidden(path, "shareProcessNamespace", NOT_WINDOWS);
    }
    none(context, OF_PODS_LATER, at, errors);
    none(context, List.of("seLinuxChangePolicy"), at, errors);
    contexts(spec, path, (of, here) -> none(of, OF_CONTAINERS, here, errors));
  }

  private static void none(JsonNode of, List<String> fields, FieldPath at, FieldErrors errors) {
    for (String field : fields) {
      if (Nodes.set(of, field)) {
        errors.forbidden(at, field, NOT_WINDOWS);
      }
    }
  }

  @FunctionalInterface
  private interface Context {
    void look(JsonNode context, FieldPath at);
  }

  private static void contexts(JsonNode spec, FieldPath path, Context each) {
    for (String list : LISTS) {
      int i = 0;
      for (JsonNode container : spec.path(list)) {
        each.look(
            container.path("securityContext"),
            path.child(list).index(i++).child("securityContext"));
      }
    }
  }
}
