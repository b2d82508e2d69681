package dev.coracle.launcher.pki;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What all control planes of a cluster have alike: the files of {@code pki} that hold the cluster's
 * authority and the key of service account tokens, and which cluster that is.
 *
 * @param byName each file's content, in the order in which they are written
 */
public record AuthorityFiles(Map<String, String> byName) {

  private static final String CERTIFICATE = "ca.crt";
  private static final String KEY = "ca.key";

  /** Which cluster the authority is of; there once a control plane has started on an etcd. */
  public static final String CLUSTER_UID = "cluster-uid";

  /** The certificate comes last: it says that the others are there. */
  private static final List<String> NAMES = List.of("sa.pub", "sa.key", KEY, CERTIFICATE);

  /**
   * @throws IllegalArgumentException when files are missing
   */
  public AuthorityFiles {
    Map<String, String> ordered = new LinkedHashMap<>();
    String uid = byName.getOrDefault(CLUSTER_UID, "");
    if (!uid.isEmpty()) {
      ordered.put(CLUSTER_UID, uid);
    }
    for (String name : NAMES) {
      String content = byName.getOrDefault(name, "");
      if (content.isEmpty()) {
        throw new IllegalArgumentException("there is no " + name);
      }
      ordered.put(name, content);
    }
    byName = ordered;
  }

  /** Whether the directory has an authority, made there or taken from elsewhere. */
  public static boolean areIn(Path pki) {
    return Files.exists(pki.resolve(CERTIFICATE)) && Files.exists(pki.resolve(KEY));
  }

  public static AuthorityFiles read(Path pki) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    if (Files.exists(pki.resolve(CLUSTER_UID))) {
      files.put(CLUSTER_UID, Files.readString(pki.resolve(CLUSTER_UID), StandardCharsets.US_ASCII));
    }
    for (String name : NAMES) {
      files.put(name, Files.readString(pki.resolve(name), StandardCharsets.US_ASCII));
    }
    return new AuthorityFiles(files);
  }

  /** Writes them over what is there. */
  public void write(Path pki) throws IOException {
    Files.createDirectories(pki);
    for (Map.Entry<String, String> file : byName.entrySet()) {
      Pem.write(pki.resolve(file.getKey()), file.getValue());
    }
  }

  /** The authority's certificate. */
  public X509Certificate certificate() throws IOException {
    return Pem.parseCertificate(byName.getOrDefault(CERTIFICATE, ""), CERTIFICATE);
  }

  /** Whether the authority's key is that of its certificate. */
  public boolean belongTogether() {
    byte[] probe = {1, 2, 3};
    try {
      Signature signing = Signature.getInstance("SHA256withECDSA");
      signing.initSign(Pem.parsePrivateKey(byName.getOrDefault(KEY, ""), KEY));
      signing.update(probe);
      Signature checking = Signature.getInstance("SHA256withECDSA");
      checking.initVerify(certificate().getPublicKey());
      checking.update(probe);
      return checking.verify(signing.sign());
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }

  /** Never what is in them. */
  @Override
  public String toString() {
    return "AuthorityFiles" + byName.keySet();
  }
}
