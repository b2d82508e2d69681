package dev.coracle.apiserver.validation;

import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.function.Function;

/** Names of signers: a domain and, behind a slash, labels that may be as long as a domain. */
final class SignerRules {

  private static final int LONGEST = 571;
  private static final int LONGEST_DOMAIN = 253;

  private SignerRules() {}

  /** The field is {@code signerName} of what stands at the path. */
  static void check(String name, FieldPath path, FieldErrors errors) {
    if (name.isEmpty()) {
      errors.required(path, "signerName");
      return;
    }
    int slash = name.indexOf('/');
    if (slash < 0 || name.indexOf('/', slash + 1) >= 0) {
      errors.invalid(
          path,
          "signerName",
          name,
          "must be a fully qualified domain and path of the form 'example.com/signer-name'");
      return;
    }
    String domain = name.substring(0, slash);
    if (domain.length() > LONGEST_DOMAIN) {
      errors.tooLong(path, "signerName", LONGEST_DOMAIN);
    }
    labels(domain, NameRules::dnsLabel, path, errors);
    if (domain.indexOf('.') < 0) {
      errors.invalid(
          path,
          "signerName",
          domain,
          "should be a domain with at least two segments separated by dots");
    }
    labels(name.substring(slash + 1), NameRules::dnsSubdomain, path, errors);
    if (name.length() > LONGEST) {
      errors.tooLong(path, "signerName", LONGEST);
    }
  }

  /** Tells of the first label that is wrong alone. */
  private static void labels(
      String segment, Function<String, List<String>> rule, FieldPath path, FieldErrors errors) {
    for (String label : segment.split("\\.", -1)) {
      List<String> problems = rule.apply(label);
      for (String problem : problems) {
        errors.invalid(
            path, "signerName", segment, "validating label \"" + label + "\": " + problem);
      }
      if (!problems.isEmpty()) {
        return;
      }
    }
  }

  /** What is wrong with the name of a ClusterTrustBundle of this signer; empty for none. */
  static List<String> bundleName(String name, String signer) {
    if (signer.isEmpty()) {
      return name.indexOf(':') >= 0
          ? List.of("ClusterTrustBundle without signer name must not have \":\" in its name")
          : NameRules.dnsSubdomain(name);
    }
    String prefix = signer.replace('/', ':') + ":";
    return name.startsWith(prefix)
        ? NameRules.dnsSubdomain(name.substring(prefix.length()))
        : List.of(
            "ClusterTrustBundle for signerName " + signer + " must be named with prefix " + prefix);
  }

  /** As above, of the signer that the name itself tells of. */
  static List<String> bundleName(String name) {
    int colon = name.lastIndexOf(':');
    return bundleName(name, colon < 0 ? "" : name.substring(0, colon).replace(':', '/'));
  }
}
