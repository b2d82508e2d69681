package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Where the files of a volume come from, as Pods and PersistentVolumes both say it. */
final class VolumeSourceRules {

  private static final Set<String> HOST_PATH_TYPES =
      Set.of(
          "",
          "DirectoryOrCreate",
          "Directory",
          "FileOrCreate",
          "File",
          "Socket",
          "CharDevice",
          "BlockDevice");
  private static final Set<String> CACHING = Set.of("None", "ReadOnly", "ReadWrite");
  private static final Set<String> DISKS = Set.of("Shared", "Dedicated", "Managed");
  private static final Pattern IQN =
      Pattern.compile("iqn\\.\\d{4}-\\d{2}\\.([a-zA-Z0-9.-]+)(:[^,;*&$|\\s]+)$");
  private static final Pattern EUI = Pattern.compile("eui.[a-zA-Z0-9]{16}");
  private static final Pattern NAA = Pattern.compile("naa.[a-zA-Z0-9]{32}");
  private static final int LONGEST_TOGETHER = 64;

  static final String TOO_LONG_TOGETHER =
      "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if"
          + " iscsi.initiatorName is specified.";

  /** What has only fields that must be there. */
  private static final Map<String, List<String>> NEEDED =
      Map.ofEntries(
          Map.entry("gcePersistentDisk", List.of("pdName")),
          Map.entry("awsElasticBlockStore", List.of("volumeID")),
          Map.entry("glusterfs", List.of("endpoints", "path")),
          Map.entry("rbd", List.of("monitors", "image")),
          Map.entry("cephfs", List.of("monitors")),
          Map.entry("cinder", List.of("volumeID")),
          Map.entry("azureFile", List.of("secretName", "shareName")),
          Map.entry("vsphereVolume", List.of("volumePath")),
          Map.entry("photonPersistentDisk", List.of("pdID")),
          Map.entry("portworxVolume", List.of("volumeID")),
          Map.entry("scaleIO", List.of("gateway", "system", "volumeName")),
          Map.entry("flexVolume", List.of("driver")),
          Map.entry("azureDisk", List.of("diskName", "diskURI")),
          Map.entry("nfs", List.of("server", "path")));

  private VolumeSourceRules() {}

  /**
   * @param persistent the name of the PersistentVolume; empty for a volume of a Pod
   */
  static void check(String kind, JsonNode s, FieldPath at, String persistent, FieldErrors errors) {
    for (String field : NEEDED.getOrDefault(kind, List.of())) {
      if (!Nodes.has(s, field)) {
        errors.required(at, field);
      }
    }
    switch (kind) {
      case "hostPath" -> hostPath(s, at, errors);
      case "local" -> path(s, at, errors);
      case "gcePersistentDisk", "awsElasticBlockStore" ->
          within(s, "partition", 0, 1, 255, at, errors);
      case "glusterfs" -> glusterfs(s, at, errors);
      case "flocker" -> flocker(s, at, errors);
      case "nfs" -> {
        String path = Nodes.text(s, "path");
        if (!path.startsWith("/")) {
          errors.invalid(at, "path", path, "must be an absolute path");
        }
      }
      case "quobyte" -> quobyte(s, at, errors);
      case "cinder", "storageos" -> {
        if (kind.equals("storageos")) {
          storageos(s, at, errors);
        }
        secret(s, at, !persistent.isEmpty(), errors);
      }
      case "iscsi" -> iscsi(s, at, persistent, errors);
      case "fc" -> fibreChannel(s, at, errors);
      case "flexVolume" -> flex(s, at, errors);
      case "azureFile" -> {
        if (Nodes.set(s, "secretNamespace") && !Nodes.has(s, "secretNamespace")) {
          errors.required(at, "secretNamespace");
        }
      }
      case "azureDisk" -> azureDisk(s, at, errors);
      default -> {}
    }
  }

  private static void hostPath(JsonNode s, FieldPath at, FieldErrors errors) {
    if (path(s, at, errors)) {
      String type = Nodes.text(s, "type");
      if (!HOST_PATH_TYPES.contains(type)) {
        errors.unsupported(at, "type", type, HOST_PATH_TYPES);
      }
    }
  }

  private static boolean path(JsonNode s, FieldPath at, FieldErrors errors) {
    String path = Nodes.text(s, "path");
    if (path.isEmpty()) {
      errors.required(at, "path");
      return false;
    }
    if (Arrays.asList(path.split("/")).contains("..")) {
      errors.invalid(at, "path", path, "must not contain '..'");
    }
    return true;
  }

  private static void within(
      JsonNode s, String field, int least, int shown, int most, FieldPath at, FieldErrors errors) {
    long value = s.path(field).asLong(0);
    if (value < least || value > most) {
      errors.invalid(at, field, value, "must be between " + shown + " and " + most + ", inclusive");
    }
  }

  private static void glusterfs(JsonNode s, FieldPath at, FieldErrors errors) {
    if (Nodes.set(s, "endpointsNamespace")) {
      String namespace = Nodes.text(s, "endpointsNamespace");
      if (namespace.isEmpty()) {
        errors.invalid(
            at,
            "endpointsNamespace",
            namespace,
            "if the endpointnamespace is set, it must be a valid namespace name");
      } else {
        errors.invalid(at, "endpointsNamespace", namespace, NameRules.dnsLabel(namespace));
      }
    }
  }

  private static void flocker(JsonNode s, FieldPath at, FieldErrors errors) {
    boolean name = Nodes.has(s, "datasetName");
    boolean uuid = Nodes.has(s, "datasetUUID");
    if (!name && !uuid) {
      errors.required(at, "", "one of datasetName and datasetUUID is required");
    }
    if (name && uuid) {
      errors.invalid(
          at, "", "resource", "datasetName and datasetUUID can not be specified simultaneously");
    }
    if (Nodes.text(s, "datasetName").indexOf('/') >= 0) {
      errors.invalid(at, "datasetName", Nodes.text(s, "datasetName"), "must not contain '/'");
    }
  }

  private static void quobyte(JsonNode s, FieldPath at, FieldErrors errors) {
    String registry = Nodes.text(s, "registry");
    if (registry.isEmpty()) {
      errors.required(
          at, "registry", "must be a host:port pair or multiple pairs separated by commas");
    } else if (Nodes.text(s, "tenant").length() >= 65) {
      errors.required(at, "tenant", "must be a UUID and may not exceed a length of 64 characters");
    } else {
      for (String pair : registry.split(",", -1)) {
        if (!pair.matches("[^:]*:[^:]*|\\[[^]]*]:[^:]*")) {
          errors.invalid(
              at,
              "registry",
              registry,
              "must be a host:port pair or multiple pairs separated by commas");
        }
      }
    }
    if (!Nodes.has(s, "volume")) {
      errors.required(at, "volume");
    }
  }

  private static void storageos(JsonNode s, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(s, "volumeName");
    if (name.isEmpty()) {
      errors.required(at, "volumeName");
    } else {
      errors.invalid(at, "volumeName", name, NameRules.dnsLabel(name));
    }
    String namespace = Nodes.text(s, "volumeNamespace");
    if (!namespace.isEmpty()) {
      errors.invalid(at, "volumeNamespace", namespace, NameRules.dnsLabel(namespace));
    }
  }

  private static void secret(JsonNode s, FieldPath at, boolean anywhere, FieldErrors errors) {
    if (Nodes.set(s, "secretRef")) {
      for (String field : anywhere ? List.of("name", "namespace") : List.of("name")) {
        if (!Nodes.has(s.path("secretRef"), field)) {
          errors.required(at.child("secretRef"), field);
        }
      }
    }
  }

  private static void iscsi(JsonNode s, FieldPath at, String persistent, FieldErrors errors) {
    String portal = Nodes.text(s, "targetPortal");
    if (portal.isEmpty()) {
      errors.required(at, "targetPortal");
    }
    if (Nodes.has(s, "iqn")) {
      iscsiName(s, "iqn", !persistent.isEmpty(), at, errors);
    } else {
      errors.required(at, "iqn");
    }
    within(s, "lun", 0, 0, 255, at, errors);
    boolean secret =
        s.path("chapAuthDiscovery").asBoolean() || s.path("chapAuthSession").asBoolean();
    if (secret && !Nodes.set(s, "secretRef")) {
      errors.required(at, "secretRef");
    }
    if (!persistent.isEmpty()
        && Nodes.set(s, "secretRef")
        && !Nodes.has(s.path("secretRef"), "name")) {
      errors.required(at.child("secretRef"), "name");
    }
    if (Nodes.set(s, "initiatorName")) {
      if (!persistent.isEmpty() && isTooLong(persistent, portal)) {
        errors.invalid(at, "targetportal", portal, TOO_LONG_TOGETHER);
      }
      iscsiName(s, "initiatorName", !persistent.isEmpty(), at, errors);
    }
  }

  static boolean isTooLong(String volume, String portal) {
    return (volume + ":" + portal).getBytes(StandardCharsets.UTF_8).length > LONGEST_TOGETHER;
  }

  private static void iscsiName(
      JsonNode s, String field, boolean persistent, FieldPath at, FieldErrors errors) {
    String name = Nodes.text(s, field);
    // Upstream writes the path of one of the two in lower case.
    String shown = field.toLowerCase(Locale.ROOT);
    boolean good =
        name.startsWith("iqn")
            ? IQN.matcher(name).find()
            : EUI.matcher(name).matches() || NAA.matcher(name).matches();
    if (!good) {
      boolean known = name.startsWith("iqn") || name.startsWith("eui") || name.startsWith("naa");
      errors.invalid(
          at,
          shown,
          name,
          known || persistent
              ? "must be valid format"
              : "must be valid format starting with iqn, eui, or naa");
    }
  }

  private static void fibreChannel(JsonNode s, FieldPath at, FieldErrors errors) {
    boolean names = Nodes.has(s, "targetWWNs");
    boolean ids = Nodes.has(s, "wwids");
    if (!names && !ids) {
      errors.required(at, "targetWWNs", "must specify either targetWWNs or wwids, but not both");
    }
    if (names && ids) {
      errors.invalid(
          at,
          "targetWWNs",
          s.path("targetWWNs"),
          "targetWWNs and wwids can not be specified simultaneously");
    }
    if (names) {
      if (Nodes.set(s, "lun")) {
        within(s, "lun", 0, 0, 255, at, errors);
      } else {
        errors.required(at, "lun", "lun is required if targetWWNs is specified");
      }
    }
  }

  private static void flex(JsonNode s, FieldPath at, FieldErrors errors) {
    s.path("options")
        .fieldNames()
        .forEachRemaining(key -> {
          int slash = key.indexOf('/');
          String domain = slash < 0 ? key : key.substring(0, slash);
          String dotted = "." + domain.toLowerCase(Locale.ROOT);
          if (dotted.endsWith(".kubernetes.io") || dotted.endsWith(".k8s.io")) {
            errors.invalid(
                at.child("options").key(key),
                "",
                key,
                "kubernetes.io and k8s.io namespaces are reserved");
          }
        });
  }

  private static void azureDisk(JsonNode s, FieldPath at, FieldErrors errors) {
    if (Nodes.set(s, "cachingMode") && !CACHING.contains(Nodes.text(s, "cachingMode"))) {
      errors.unsupported(at, "cachingMode", Nodes.text(s, "cachingMode"), CACHING);
    }
    if (!Nodes.set(s, "kind")) {
      return;
    }
    String kind = Nodes.text(s, "kind");
    if (!DISKS.contains(kind)) {
      errors.unsupported(at, "kind", kind, DISKS);
    }
    String uri = Nodes.text(s, "diskURI");
    if (kind.equals("Managed") && !uri.startsWith("/subscriptions/")) {
      errors.unsupported(
          at,
          "diskURI",
          uri,
          List.of(
              "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute"
                  + "/disks/{disk-id}"));
    }
    if (!kind.equals("Managed") && !uri.startsWith("https://")) {
      errors.unsupported(
          at,
          "diskURI",
          uri,
          List.of("https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"));
    }
  }
}
