package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Which StorageClass claims and volumes have, also by the annotations of the time before 1.6. */
public final class StorageClasses {

  private static final String OF_OLD = "volume.beta.kubernetes.io/storage-class";
  private static final String DEFAULT = "storageclass.kubernetes.io/is-default-class";
  private static final String DEFAULT_OF_OLD = "storageclass.beta.kubernetes.io/is-default-class";

  private StorageClasses() {}

  /**
   * The name of the class of a PersistentVolumeClaim or a PersistentVolume; empty where it has
   * none.
   */
  public static String of(JsonNode object) {
    return annotation(object).asText(object.path("spec").path("storageClassName").asText(""));
  }

  public static String of(KubeObject object) {
    return of(object.tree());
  }

  /** Whether a claim says of what class it is to be, be it of none. */
  public static boolean isChosen(JsonNode claim) {
    return annotation(claim).isTextual() || claim.path("spec").hasNonNull("storageClassName");
  }

  private static JsonNode annotation(JsonNode object) {
    return object.path("metadata").path("annotations").path(OF_OLD);
  }

  public static boolean isDefault(KubeObject storageClass) {
    return storageClass.annotation(DEFAULT).orElse("").equals("true")
        || storageClass.annotation(DEFAULT_OF_OLD).orElse("").equals("true");
  }

  /** What claims get that choose none: of several defaults the newest, and of those the first. */
  public static Optional<KubeObject> byDefault(Collection<KubeObject> classes) {
    return classes.stream()
        .filter(StorageClasses::isDefault)
        .max(
            Comparator.<KubeObject, String>comparing(
                    c -> c.metadata().path("creationTimestamp").asText(""))
                .thenComparing(KubeObject::name, Comparator.reverseOrder()));
  }
}
