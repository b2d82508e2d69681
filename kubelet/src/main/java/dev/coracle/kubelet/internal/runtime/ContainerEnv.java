package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.Expansion;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.ServiceEnv;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A container's environment from all its sources (Kubernetes docs, "Define Environment Variables
 * for a Container").
 */
public final class ContainerEnv {
  private final ObjectSource objects;

  public ContainerEnv(ObjectSource objects) {
    this.objects = objects;
  }

  /**
   * @param volumes of the pod, by name
   * @return the variables in their order
   * @throws ConfigException when something referred to does not exist and is not optional
   */
  public Map<String, String> of(
      Pod pod, ContainerSpec container, DownwardApi.Facts facts, Map<String, Mounted> volumes) {
    boolean links = pod.spec().path("enableServiceLinks").asBoolean(true);
    Map<String, String> services = ServiceEnv.of(objects.servicesFor(pod.namespace(), links));
    Map<String, String> env = new LinkedHashMap<>();
    Expansion expansion = new Expansion();
    for (JsonNode from : container.node().path("envFrom")) {
      addAll(pod, from, env);
    }
    for (JsonNode variable : container.node().path("env")) {
      String name = variable.path("name").asText("");
      if (variable.hasNonNull("valueFrom")) {
        JsonNode from = variable.path("valueFrom");
        (from.hasNonNull("fileKeyRef")
                ? EnvFiles.value(from.path("fileKeyRef"), volumes)
                : value(pod, container, from, facts))
            .ifPresent(v -> env.put(name, v));
      } else {
        env.put(name, expanded(expansion, name, variable.path("value").asText(""), env, services));
      }
    }
    Map<String, String> all = new LinkedHashMap<>(env);
    services.forEach(all::putIfAbsent);
    check(all);
    return all;
  }

  /** A few large values, referred to again and again, would not reach any process. */
  private static void check(Map<String, String> all) {
    long length = 0;
    for (Map.Entry<String, String> variable : all.entrySet()) {
      length += variable.getKey().length() + variable.getValue().length();
    }
    if (length > Expansion.MOST_IN_ALL) {
      throw new ConfigException(
          "the environment is longer than "
              + Expansion.MOST_IN_ALL
              + " bytes, which no process is given");
    }
  }

  private static String expanded(
      Expansion expansion,
      String name,
      String text,
      Map<String, String> env,
      Map<String, String> services) {
    try {
      return expansion.expand(
          text,
          reference -> {
            String own = env.get(reference);
            return own == null ? services.get(reference) : own;
          });
    } catch (IllegalArgumentException e) {
      throw new ConfigException("environment variable \"" + name + "\": " + e.getMessage());
    }
  }

  private void addAll(Pod pod, JsonNode from, Map<String, String> env) {
    String prefix = from.path("prefix").asText("");
    boolean secret = from.hasNonNull("secretRef");
    JsonNode ref = secret ? from.path("secretRef") : from.path("configMapRef");
    Optional<KubeObject> object = load(pod, ref, secret);
    if (object.isEmpty()) {
      return;
    }
    object
        .get()
        .at("data")
        .properties()
        .forEach(e -> {
          String name = prefix + e.getKey();
          if (!name.isEmpty() && name.indexOf('=') < 0) {
            env.put(name, secret ? decode(e.getValue().asText()) : e.getValue().asText());
          }
        });
  }

  private Optional<String> value(
      Pod pod, ContainerSpec container, JsonNode from, DownwardApi.Facts facts) {
    try {
      if (from.hasNonNull("fieldRef")) {
        return Optional.of(
            DownwardApi.field(pod, from.path("fieldRef").path("fieldPath").asText(""), facts));
      }
      if (from.hasNonNull("resourceFieldRef")) {
        JsonNode ref = from.path("resourceFieldRef");
        String named = ref.path("containerName").asText("");
        ContainerSpec target = named.isEmpty() ? container : pod.container(named).orElse(container);
        return Optional.of(DownwardApi.resource(ref, target, facts));
      }
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
    boolean secret = from.hasNonNull("secretKeyRef");
    JsonNode ref = secret ? from.path("secretKeyRef") : from.path("configMapKeyRef");
    Optional<KubeObject> object = load(pod, ref, secret);
    if (object.isEmpty()) {
      return Optional.empty();
    }
    String key = ref.path("key").asText("");
    JsonNode value = object.get().at("data", key);
    if (value.isMissingNode()) {
      if (ref.path("optional").asBoolean(false)) {
        return Optional.empty();
      }
      throw new ConfigException(
          "couldn't find key "
              + key
              + " in "
              + (secret ? "Secret " : "ConfigMap ")
              + pod.namespace()
              + "/"
              + ref.path("name").asText(""));
    }
    return Optional.of(secret ? decode(value.asText()) : value.asText());
  }

  private Optional<KubeObject> load(Pod pod, JsonNode ref, boolean secret) {
    try {
      return Optional.of(
          objects.get(
              pod.uid(),
              secret ? Resources.SECRETS : Resources.CONFIG_MAPS,
              pod.namespace(),
              ref.path("name").asText("")));
    } catch (StatusException e) {
      if (StatusException.isNotFound(e) && ref.path("optional").asBoolean(false)) {
        return Optional.empty();
      }
      throw new ConfigException(e.status().message());
    }
  }

  private static String decode(String base64) {
    return new String(Base64.getMimeDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
