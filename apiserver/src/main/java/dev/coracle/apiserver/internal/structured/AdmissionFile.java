package dev.coracle.apiserver.internal.structured;

import dev.coracle.apiserver.internal.admission.AdmissionConfig;
import dev.coracle.apiserver.internal.admission.AdmissionConfig.Builder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An AdmissionConfiguration of apiserver.config.k8s.io (Kubernetes docs, "Admission Control in
 * Kubernetes"), whose plugins' configurations stand in it or in files beside it.
 */
public final class AdmissionFile {

  private static final String KIND = "AdmissionConfiguration";
  private static final String CONFIGURATION = "configuration";

  private AdmissionFile() {}

  /**
   * @param file null: no plugin is told anything
   * @throws IllegalStateException with words for the user
   */
  public static AdmissionConfig read(@Nullable Path file) {
    if (file == null) {
      return AdmissionConfig.DEFAULT;
    }
    try {
      return parse(Files.readAllBytes(file), file);
    } catch (NoSuchFileException e) {
      throw new IllegalStateException(
          "admission-control-config-file " + file + " does not exist", e);
    } catch (IOException e) {
      throw new IllegalStateException(
          "unable to read admission control configuration from \"" + file + "\": " + e, e);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "the admission control configuration " + file + " is wrong: " + e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException naming the field and what is expected
   */
  static AdmissionConfig parse(byte[] yaml, Path file) {
    Field root = ConfigFile.parse(yaml, KIND).only("apiVersion", "kind", "plugins");
    Builder out = new Builder();
    Set<String> seen = new HashSet<>();
    for (Field entry : root.list("plugins")) {
      entry.only("name", "path", CONFIGURATION);
      String name = entry.required("name");
      if (!seen.add(name)) {
        throw entry.child("name").error("Duplicate value: \"" + name + "\"");
      }
      Field configuration = configuration(entry, file);
      if (configuration != null) {
        read(name, entry, configuration, file, out);
      }
    }
    return out.build();
  }

  /** What stands in the file goes before what stands beside it; null where there is neither. */
  private static @Nullable Field configuration(Field entry, Path file) {
    if (entry.has(CONFIGURATION)) {
      return entry.child(CONFIGURATION);
    }
    String path = entry.text("path");
    if (path.isEmpty()) {
      return null;
    }
    try {
      return ConfigFile.tree(Files.readAllBytes(file.resolveSibling(path)));
    } catch (IOException e) {
      throw entry.child("path").error("Invalid value: \"" + path + "\": cannot be read: " + e);
    } catch (IllegalArgumentException e) {
      throw entry.child("path").error("the file " + path + " is wrong: " + e.getMessage());
    }
  }

  private static void read(String name, Field entry, Field configuration, Path file, Builder out) {
    switch (name) {
      case "PodSecurity" -> out.podSecurity(PodSecurityFile.parse(configuration));
      case "ResourceQuota" -> out.limitedResources(PluginFiles.limitedResources(configuration));
      case "EventRateLimit" -> out.eventLimits(PluginFiles.eventLimits(configuration));
      case "PodNodeSelector" -> out.nodeSelectors(PluginFiles.nodeSelectors(configuration));
      case "PodTolerationRestriction" -> out.tolerations(PluginFiles.tolerations(configuration));
      case "MutatingAdmissionWebhook" -> out.mutatingWebhooks(PluginFiles.webhooks(configuration));
      case "ValidatingAdmissionWebhook" ->
          out.validatingWebhooks(PluginFiles.webhooks(configuration));
      case "ImagePolicyWebhook" -> out.imagePolicy(PluginFiles.imagePolicy(configuration, file));
      default ->
          throw entry
              .child("name")
              .error(
                  "Unsupported value: \""
                      + name
                      + "\": no configuration is read for it; supported values:"
                      + " \"EventRateLimit\", \"ImagePolicyWebhook\", \"MutatingAdmissionWebhook\","
                      + " \"PodNodeSelector\", \"PodSecurity\", \"PodTolerationRestriction\","
                      + " \"ResourceQuota\", \"ValidatingAdmissionWebhook\"");
    }
  }
}
