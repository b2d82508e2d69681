package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Timestamps;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The certificates that a signer gives to a pod: for the pod's key, for as long as was asked for at
 * most, and with times that the kubelet can go by.
 */
final class IssuedChainChecks {

  private static final FieldPath STATUS = PodCertificateChecks.STATUS;
  private static final int MAX_BYTES = 100 << 10;
  private static final Duration SKEW = Duration.ofMinutes(5);
  private static final Duration SHORTEST = Duration.ofHours(1);
  private static final Duration MARGIN = Duration.ofMinutes(10);
  private static final int DNS = 2;
  private static final int MAIL = 1;
  private static final Pattern ADDRESS = Pattern.compile("[^\\s@<>,;]+@[^\\s@<>,;]+");

  private IssuedChainChecks() {}

  static void check(JsonNode spec, JsonNode status, Instant now, FieldErrors errors) {
    String pem = status.path("certificateChain").asText("");
    if (pem.length() > MAX_BYTES) {
      errors.tooLong(STATUS, "certificateChain", MAX_BYTES);
      return;
    }
    List<X509Certificate> chain;
    try {
      chain = read(pem);
    } catch (IllegalArgumentException e) {
      chain(errors, String.valueOf(e.getMessage()));
      return;
    }
    X509Certificate leaf = chain.getFirst();
    names(leaf, errors);
    if (!PodCertificateChecks.subject(spec).equals(leaf.getPublicKey())) {
      chain(errors, "leaf certificate was not issued to the requested public key");
      return;
    }
    times(spec, status, leaf, now, errors);
  }

  private static void chain(FieldErrors errors, String detail) {
    errors.rejected(STATUS.child("certificateChain"), detail);
  }

  private static List<X509Certificate> read(String pem) {
    List<X509Certificate> out = new ArrayList<>();
    for (PemBlock block : PemBlock.all(pem)) {
      if (!block.type().equals("CERTIFICATE")) {
        throw new IllegalArgumentException(
            "issued certificate chain must consist entirely of CERTIFICATE PEM blocks");
      }
      try {
        out.add(
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.content())));
      } catch (CertificateException e) {
        throw new IllegalArgumentException(
            (out.isEmpty() ? "leaf" : "intermediate")
                + " certificate does not parse as valid X.509",
            e);
      }
    }
    if (out.isEmpty()) {
      throw new IllegalArgumentException(
          "issued certificate chain must contain at least one certificate");
    }
    return out;
  }

  private static void names(X509Certificate leaf, FieldErrors errors) {
    Collection<List<?>> names;
    try {
      names = leaf.getSubjectAlternativeNames();
    } catch (CertificateException e) {
      chain(errors, "leaf certificate does not parse as valid X.509");
      return;
    }
    if (names == null) {
      return;
    }
    for (List<?> name : names) {
      String value = String.valueOf(name.get(1));
      if (name.getFirst().equals(DNS)) {
        if (value.isEmpty()) {
          chain(errors, "leaf certificate should not contain empty DNSName");
        }
        if (value.contains("..")) {
          chain(errors, "leaf certificate's DNSName should not contain '..'");
        }
        if (value.startsWith(".") || value.endsWith(".")) {
          chain(errors, "leaf certificate's DNSName should not start or end with '.'");
        }
      } else if (name.getFirst().equals(MAIL) && !ADDRESS.matcher(value).matches()) {
        chain(errors, "leaf certificate should not contain invalid EmailAddress");
      }
    }
  }

  private static void times(
      JsonNode spec, JsonNode status, X509Certificate leaf, Instant now, FieldErrors errors) {
    Instant from = time(status, "notBefore");
    Instant to = time(status, "notAfter");
    Instant refresh = time(status, "beginRefreshAt");
    String present = "must be present and consistent with the issued certificate";
    if (from == null) {
      errors.required(STATUS, "notBefore", present);
    }
    if (to == null) {
      errors.required(STATUS, "notAfter", present);
    }
    if (refresh == null) {
      errors.required(
          STATUS,
          "beginRefreshAt",
          "must be present and in the range [notbefore+10min, notafter-10min]");
    }
    if (!errors.isEmpty() || from == null || to == null || refresh == null) {
      return;
    }
    long asked = spec.path("maxExpirationSeconds").asLong();
    Duration life = Duration.between(from, to);
    if (!from.equals(leaf.getNotBefore().toInstant())) {
      invalid(
          errors,
          "notBefore",
          from,
          "must be set to the NotBefore time encoded in the leaf certificate");
    } else if (Duration.between(now, from).abs().compareTo(SKEW) >= 0) {
      invalid(
          errors,
          "notBefore",
          from,
          "must be set to within 5 minutes of kube-apiserver's current time");
    } else if (!to.equals(leaf.getNotAfter().toInstant())) {
      invalid(
          errors,
          "notAfter",
          to,
          "must be set to the NotAfter time encoded in the leaf certificate");
    } else if (life.compareTo(SHORTEST) < 0) {
      chain(errors, "leaf certificate lifetime must be >= 1 hour");
    } else if (life.toSeconds() > asked) {
      chain(
          errors, "leaf certificate lifetime must be <= spec.maxExpirationSeconds (" + asked + ")");
    } else if (refresh.isBefore(from.plus(MARGIN))) {
      invalid(
          errors, "beginRefreshAt", refresh, "must be at least 10 minutes after status.notBefore");
    } else if (refresh.isAfter(to.minus(MARGIN))) {
      invalid(
          errors, "beginRefreshAt", refresh, "must be at least 10 minutes before status.notAfter");
    }
  }

  private static void invalid(FieldErrors errors, String field, Instant value, String detail) {
    errors.invalid(STATUS, field, Timestamps.time(value), detail);
  }

  private static @Nullable Instant time(JsonNode status, String field) {
    return Timestamps.parse(status.path(field).asText(""));
  }
}
