package dev.coracle.apiserver.internal.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.coracle.cel.CelTypes;
import java.util.LinkedHashMap;
import java.util.Map;

/** The types of {@code request} and {@code namespaceObject}, whatever is admitted. */
final class AdmissionTypes {

  private static final CelType TEXT = SimpleType.STRING;
  private static final CelType TEXTS = ListType.create(TEXT);
  private static final CelType LABELS = MapType.create(TEXT, TEXT);

  private AdmissionTypes() {}

  static CelType request(CelTypes types) {
    CelType kind =
        types.struct(
            "kubernetes.GroupVersionKind", Map.of("group", TEXT, "version", TEXT, "kind", TEXT));
    CelType resource =
        types.struct(
            "kubernetes.GroupVersionResource",
            Map.of("group", TEXT, "version", TEXT, "resource", TEXT));
    Map<String, CelType> fields = new LinkedHashMap<>();
    fields.put("kind", kind);
    fields.put("resource", resource);
    fields.put("subResource", TEXT);
    fields.put("requestKind", kind);
    fields.put("requestResource", resource);
    fields.put("requestSubResource", TEXT);
    fields.put("name", TEXT);
    fields.put("namespace", TEXT);
    fields.put("operation", TEXT);
    fields.put("userInfo", types.userInfo());
    fields.put("dryRun", SimpleType.BOOL);
    fields.put("options", SimpleType.DYN);
    return types.struct("kubernetes.AdmissionRequest", fields);
  }

  /**
   * Without managedFields and ownerReferences. The uid goes by a name under which no value is
   * found, as upstream has it.
   */
  static CelType namespace(CelTypes types) {
    Map<String, CelType> metadata = new LinkedHashMap<>();
    for (String text :
        new String[] {"name", "generateName", "namespace", "UID", "resourceVersion"}) {
      metadata.put(text, TEXT);
    }
    metadata.put("labels", LABELS);
    metadata.put("annotations", LABELS);
    metadata.put("creationTimestamp", SimpleType.TIMESTAMP);
    metadata.put("deletionTimestamp", SimpleType.TIMESTAMP);
    metadata.put("deletionGracePeriodSeconds", SimpleType.INT);
    metadata.put("generation", SimpleType.INT);
    metadata.put("finalizers", TEXTS);
    CelType condition =
        types.struct(
            "kubernetes.NamespaceCondition",
            Map.of(
                "status",
                TEXT,
                "type",
                TEXT,
                "lastTransitionTime",
                SimpleType.TIMESTAMP,
                "message",
                TEXT,
                "reason",
                TEXT));
    return types.struct(
        "kubernetes.Namespace",
        Map.of(
            "metadata",
            types.struct("kubernetes.NamespaceMetadata", metadata),
            "spec",
            types.struct("kubernetes.NamespaceSpec", Map.of("finalizers", TEXTS)),
            "status",
            types.struct(
                "kubernetes.NamespaceStatus",
                Map.of("conditions", ListType.create(condition), "phase", TEXT))));
  }
}
