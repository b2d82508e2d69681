package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** What Windows asks of security contexts: who processes run as, and which run on the host. */
final class WindowsRules {

  private static final int MOST_SPEC_KIB = 64;
  private static final int LONGEST_DOMAIN = 256;
  private static final int LONGEST_USER = 104;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
  private static final Pattern NETBIOS = Pattern.compile("[^\\\\/:*?\"<>|.][^\\\\/:*?\"<>|]{0,14}");
  private static final Pattern DNS = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?");
  private static final Pattern NOT_IN_USERS = Pattern.compile("[\"/\\\\:;|=,+*?<>@\\[\\]]");
  private static final Pattern DOTS_AND_SPACES = Pattern.compile("[. ]+");

  private WindowsRules() {}

  /** The {@code windowsOptions} of a security context of a pod or a container. */
  static void options(JsonNode context, FieldPath contextPath, FieldErrors errors) {
    JsonNode options = context.path("windowsOptions");
    FieldPath at = contextPath.child("windowsOptions");
    if (Nodes.set(options, "gmsaCredentialSpecName")) {
      String name = Nodes.text(options, "gmsaCredentialSpecName");
      errors.invalid(at, "gmsaCredentialSpecName", name, NameRules.dnsSubdomain(name));
    }
    if (Nodes.set(options, "gmsaCredentialSpec")) {
      String spec = Nodes.text(options, "gmsaCredentialSpec");
      if (spec.isEmpty()) {
        errors.invalid(
            at, "gmsaCredentialSpec", spec, "gmsaCredentialSpec cannot be an empty string");
      } else if (spec.getBytes(StandardCharsets.UTF_8).length > MOST_SPEC_KIB << 10) {
        errors.invalid(
            at,
            "gmsaCredentialSpec",
            spec,
            "gmsaCredentialSpec size must be under " + MOST_SPEC_KIB + " KiB");
      }
    }
    if (Nodes.set(options, "runAsUserName")) {
      user(Nodes.text(options, "runAsUserName"), at, errors);
    }
  }

  private static void user(String name, FieldPath at, FieldErrors errors) {
    String[] parts = name.split("\\\\", -1);
    String whole =
        name.isEmpty()
            ? "runAsUserName cannot be an empty string"
            : CONTROL.matcher(name).find()
                ? "runAsUserName cannot contain control characters"
                : parts.length > 2 ? "runAsUserName cannot contain more than one backslash" : "";
    if (!whole.isEmpty()) {
      errors.invalid(at, "runAsUserName", name, whole);
      return;
    }
    if (parts.length == 2) {
      domain(name, parts[0], at, errors);
    }
    String user = parts[parts.length - 1];
    if (user.isEmpty()) {
      errors.invalid(at, "runAsUserName", name, "runAsUserName's User cannot be empty");
    } else if (user.length() > LONGEST_USER) {
      errors.invalid(
          at,
          "runAsUserName",
          name,
          "runAsUserName's User length must not be longer than " + LONGEST_USER + " characters");
    }
    if (NOT_IN_USERS.matcher(user).find()) {
      errors.invalid(
          at,
          "runAsUserName",
          name,
          "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
    if (DOTS_AND_SPACES.matcher(user).matches()) {
      errors.invalid(
          at, "runAsUserName", name, "runAsUserName's User cannot contain only periods or spaces");
    }
  }

  private static void domain(String name, String domain, FieldPath at, FieldErrors errors) {
    if (domain.length() >= LONGEST_DOMAIN) {
      errors.invalid(
          at,
          "runAsUserName",
          name,
          "runAsUserName's Domain length must be under " + LONGEST_DOMAIN + " characters");
    } else if (!NETBIOS.matcher(domain).matches() && !DNS.matcher(domain).matches()) {
      errors.invalid(
          at,
          "runAsUserName",
          name,
          "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
  }

  /** Where one container of a pod is on the host, all are, and so is the pod's network. */
  static void onHost(JsonNode spec, FieldPath path, FieldErrors errors) {
    JsonNode ofPod = spec.path("securityContext").path("windowsOptions").path("hostProcess");
    int all = 0;
    int onHost = 0;
    for (String list : PodHostRules.LISTS) {
      int i = 0;
      for (JsonNode container : spec.path(list)) {
        JsonNode its = container.path("securityContext").path("windowsOptions").path("hostProcess");
        FieldPath at = path.child(list).index(i++);
        if (ofPod.isBoolean() && its.isBoolean() && !ofPod.equals(its)) {
          errors.invalid(
              at.child("securityContext").child("windowsOptions"),
              "hostProcess",
              its.asBoolean(),
              "pod hostProcess value must be identical if both are specified, was "
                  + ofPod.asBoolean());
        }
        all++;
        onHost += (its.isBoolean() ? its : ofPod).asBoolean() ? 1 : 0;
      }
    }
    if (onHost == 0) {
      return;
    }
    if (onHost != all) {
      errors.invalid(
          path,
          "",
          "",
          "If pod contains any hostProcess containers then all containers must be HostProcess"
              + " containers");
    }
    if (!spec.path("hostNetwork").asBoolean()) {
      errors.invalid(
          path,
          "hostNetwork",
          false,
          "hostNetwork must be true if pod contains any hostProcess containers");
    }
  }
}
