package dev.coracle.apiserver.internal.structured;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.admission.EventRateLimit;
import dev.coracle.apiserver.internal.admission.ImagePolicyWebhook;
import dev.coracle.apiserver.internal.admission.LimitedResource;
import dev.coracle.apiserver.internal.admission.NodeSelectors;
import dev.coracle.apiserver.internal.admission.PodTolerationRestriction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The small configurations of admission plugins. */
final class PluginFiles {

  private static final Duration LONGEST_TTL = Duration.ofMinutes(30);
  private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(5);

  private PluginFiles() {}

  static List<LimitedResource> limitedResources(Field root) {
    if (root.text("kind").equals("Configuration")) {
      String group = "resourcequota.admission.k8s.io/";
      ConfigFile.expect(root, "Configuration", List.of(group + "v1beta1", group + "v1alpha1"));
    } else {
      ConfigFile.expect(root, "ResourceQuotaConfiguration", ConfigFile.VERSIONS);
    }
    root.only("apiVersion", "kind", "limitedResources");
    List<LimitedResource> out = new ArrayList<>();
    for (Field entry : root.list("limitedResources")) {
      entry.only("apiGroup", "resource", "matchContains", "matchScopes");
      List<JsonNode> scopes = new ArrayList<>();
      for (Field scope : entry.list("matchScopes")) {
        scope.only("scopeName", "operator", "values");
        scope.oneOf(
            "scopeName",
            "Terminating",
            "NotTerminating",
            "BestEffort",
            "NotBestEffort",
            "PriorityClass",
            "CrossNamespacePodAffinity",
            "VolumeAttributesClass");
        scope.oneOf("operator", "In", "NotIn", "Exists", "DoesNotExist");
        scope.list("values");
        scopes.add(scope.value());
      }
      out.add(
          new LimitedResource(
              new GroupResource(entry.text("apiGroup"), entry.required("resource")),
              entry.texts("matchContains"),
              scopes));
    }
    return out;
  }

  static List<EventRateLimit.Limit> eventLimits(Field root) {
    ConfigFile.expect(root, "Configuration", List.of("eventratelimit.admission.k8s.io/v1alpha1"));
    root.only("apiVersion", "kind", "limits");
    List<EventRateLimit.Limit> out = new ArrayList<>();
    for (Field entry : root.list("limits")) {
      entry.only("type", "qps", "burst", "cacheSize");
      EventRateLimit.Type type =
          EventRateLimit.Type.valueOfText(entry.oneOf("type", EventRateLimit.Type.texts()));
      int size = number(entry, "cacheSize");
      if (size < 0) {
        throw entry.child("cacheSize").error("Invalid value: " + size + ": must not be negative");
      }
      out.add(
          new EventRateLimit.Limit(type, positive(entry, "qps"), positive(entry, "burst"), size));
    }
    if (out.isEmpty()) {
      throw root.child("limits").error("Invalid value: []: must not be empty");
    }
    return out;
  }

  static NodeSelectors nodeSelectors(Field root) {
    Field config = root.only("podNodeSelectorPluginConfig").child("podNodeSelectorPluginConfig");
    Map<String, Map<String, String>> namespaces = new HashMap<>();
    Map<String, String> unsaid = Map.of();
    List<String> names = new ArrayList<>();
    config.value().fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      Map<String, String> labels;
      try {
        labels = NodeSelectors.parse(config.text(name));
      } catch (IllegalArgumentException e) {
        throw config.child(name).error(String.valueOf(e.getMessage()));
      }
      if (name.equals("clusterDefaultNodeSelector")) {
        unsaid = labels;
      } else {
        namespaces.put(name, labels);
      }
    }
    return new NodeSelectors(unsaid, namespaces);
  }

  static PodTolerationRestriction.Config tolerations(Field root) {
    ConfigFile.expect(
        root, "Configuration", List.of("podtolerationrestriction.admission.k8s.io/v1alpha1"));
    root.only("apiVersion", "kind", "default", "whitelist");
    return new PodTolerationRestriction.Config(
        tolerations(root, "default"), tolerations(root, "whitelist"));
  }

  private static JsonNode tolerations(Field root, String name) {
    var out = Json.array();
    for (Field toleration : root.list(name)) {
      toleration.only("key", "operator", "value", "effect", "tolerationSeconds");
      out.add(toleration.value());
    }
    return out;
  }

  static ImagePolicyWebhook.Config imagePolicy(Field root, Path file) {
    Field policy =
        root.only("imagePolicy")
            .child("imagePolicy")
            .only("kubeConfigFile", "allowTTL", "denyTTL", "retryBackoff", "defaultAllow");
    return new ImagePolicyWebhook.Config(
        file.resolveSibling(policy.required("kubeConfigFile")),
        time(policy, "allowTTL", Duration.ofSeconds(1), LONGEST_TTL, Duration.ofMinutes(5)),
        time(policy, "denyTTL", Duration.ofSeconds(1), LONGEST_TTL, Duration.ofSeconds(30)),
        time(policy, "retryBackoff", Duration.ofMillis(1), LONGEST_BACKOFF, Duration.ofMillis(500)),
        policy.flag("defaultAllow", false));
  }

  /** The kubeconfig of what webhooks are shown. */
  static Path webhooks(Field root) {
    if (root.text("kind").equals("WebhookAdmission")) {
      ConfigFile.expect(root, "WebhookAdmission", List.of("apiserver.config.k8s.io/v1alpha1"));
    } else {
      ConfigFile.expect(
          root, "WebhookAdmissionConfiguration", List.of("apiserver.config.k8s.io/v1"));
    }
    String file = root.only("apiVersion", "kind", "kubeConfigFile").text("kubeConfigFile");
    if (!file.startsWith("/")) {
      throw root.child("kubeConfigFile")
          .error("Invalid value: \"" + file + "\": must be an absolute file path");
    }
    return Path.of(file);
  }

  /** Zero where -1 stands. */
  private static Duration time(
      Field policy, String name, Duration unit, Duration most, Duration otherwise) {
    int number = number(policy, name);
    if (number == -1) {
      return Duration.ZERO;
    }
    Duration time = number == 0 ? otherwise : unit.multipliedBy(number);
    if (!time.isPositive() || time.compareTo(most) > 0) {
      throw policy
          .child(name)
          .error("Invalid value: " + number + ": must be -1, 0 or at most " + most.dividedBy(unit));
    }
    return time;
  }

  private static int positive(Field entry, String name) {
    int number = number(entry, name);
    if (number <= 0) {
      throw entry.child(name).error("Invalid value: " + number + ": must be positive");
    }
    return number;
  }

  private static int number(Field entry, String name) {
    Field field = entry.child(name);
    if (!field.given()) {
      return 0;
    }
    if (!field.value().canConvertToInt() || !field.value().isIntegralNumber()) {
      throw field.error("Invalid value: " + field.value() + ": must be a whole number");
    }
    return field.value().intValue();
  }
}
