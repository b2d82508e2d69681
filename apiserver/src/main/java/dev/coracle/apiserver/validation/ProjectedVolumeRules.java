package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.HashSet;
import java.util.Set;

/**
 * A volume that is put together from several sources, whose files must not be in each other's way.
 */
final class ProjectedVolumeRules {

  private static final String CONFLICT = "conflicting duplicate paths";
  private static final long SHORTEST_TOKEN = 600;
  private static final long LONGEST_TOKEN = 1L << 32;

  private final FieldPath path;
  private final FieldErrors errors;
  private final Set<String> files = new HashSet<>();
  private final Set<String> certificates = new HashSet<>();

  private ProjectedVolumeRules(FieldPath path, FieldErrors errors) {
    this.path = path;
    this.errors = errors;
  }

  static void check(JsonNode projected, FieldPath path, FieldErrors errors) {
    VolumeRules.mode(projected, "defaultMode", path, errors);
    ProjectedVolumeRules rules = new ProjectedVolumeRules(path, errors);
    int i = 0;
    for (JsonNode source : projected.path("sources")) {
      rules.source(source, path.child("sources").index(i++));
    }
  }

  private void source(JsonNode source, FieldPath at) {
    for (String kind : new String[] {"secret", "configMap"}) {
      if (Nodes.set(source, kind)) {
        JsonNode from = source.path(kind);
        String name = Nodes.text(from, "name");
        if (name.isEmpty()) {
          errors.required(at.child(kind), "name");
        }
        VolumeRules.items(from.path("items"), at.child(kind, "items"), errors);
        from.path("items").forEach(item -> file(Nodes.text(item, "path"), name));
      }
    }
    for (JsonNode item : source.path("downwardAPI").path("items")) {
      VolumeRules.downward(item, at.child("downwardAPI"), errors);
      file(Nodes.text(item, "path"), Nodes.text(item, "path"));
    }
    if (Nodes.set(source, "serviceAccountToken")) {
      token(source.path("serviceAccountToken"), at.child("serviceAccountToken"));
    }
    if (Nodes.set(source, "clusterTrustBundle")) {
      bundle(source.path("clusterTrustBundle"), at.child("clusterTrustBundle"));
    }
    if (Nodes.set(source, "podCertificate")) {
      PodCertificateRules.source(
          source.path("podCertificate"), at.child("podCertificate"), certificates, errors);
    }
    if (source.size() > 1) {
      errors.forbidden(at, "", "may not specify more than 1 volume type per source");
    }
  }

  private void file(String file, String shown) {
    if (!file.isEmpty() && !files.add(file)) {
      errors.invalid(path, "", shown, CONFLICT);
    }
  }

  /** The path of its file is said to be the volume's, as upstream does. */
  private void token(JsonNode token, FieldPath at) {
    long seconds = token.path("expirationSeconds").asLong(0);
    if (seconds < SHORTEST_TOKEN) {
      errors.invalid(
          at, "expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
    }
    if (seconds > LONGEST_TOKEN) {
      errors.invalid(
          at, "expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds");
    }
    String file = Nodes.text(token, "path");
    if (file.isEmpty()) {
      errors.required(path, "path");
    } else {
      VolumeRules.localPath(file, path, "path", errors);
    }
  }

  private void bundle(JsonNode bundle, FieldPath at) {
    boolean named = Nodes.set(bundle, "name");
    boolean signed = Nodes.set(bundle, "signerName");
    if (named && signed) {
      errors.invalid(at, "", bundle, "only one of name and signerName may be used");
    } else if (named) {
      String name = Nodes.text(bundle, "name");
      if (name.isEmpty()) {
        errors.required(at, "name", "must be a valid object name");
      }
      for (String message : SignerRules.bundleName(name)) {
        errors.invalid(at, "name", name, "not a valid clustertrustbundlename: " + message);
      }
      if (Nodes.set(bundle, "labelSelector")) {
        errors.invalid(
            at,
            "labelSelector",
            bundle.path("labelSelector"),
            "labelSelector must be unset if name is specified");
      }
    } else if (signed) {
      String signer = Nodes.text(bundle, "signerName");
      if (signer.isEmpty()) {
        errors.required(at, "signerName", "must be a valid signer name");
      }
      SignerRules.check(signer, at, errors);
      SelectorRules.label(bundle.path("labelSelector"), at.child("labelSelector"), errors);
    } else {
      errors.required(at, "", "either name or signerName must be specified");
    }
    String file = Nodes.text(bundle, "path");
    if (file.isEmpty()) {
      errors.required(at, "path");
    }
    VolumeRules.localPath(file, at, "path", errors);
    file(file, file);
  }
}
