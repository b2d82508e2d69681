package dev.coracle.watchhub;

import dev.coracle.api.certificates.Der;
import dev.coracle.api.certificates.Names;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.certificates.SubjectKeyType;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * An authority with one certificate for 127.0.0.1 that serves and one that asks. Made in this
 * process: a keytool for each step took longer than the tests themselves.
 */
record TestCertificates(Path ca, Path cert, Path key, Path clientCert, Path clientKey) {

  private static final byte[] ALGORITHM = Der.sequence(Der.objectId("1.2.840.10045.4.3.2"));

  static TestCertificates make(Path directory) throws Exception {
    Files.createDirectories(directory);
    KeyPair authority = SubjectKeyType.ECDSAP256.generate();
    byte[] constraints = extension("2.5.29.19", Der.sequence(Der.truth()));
    byte[] alternatives =
        extension(
            "2.5.29.17",
            Names.alternatives(List.of("localhost"), List.of("127.0.0.1"), List.of(), List.of()));
    byte[] usage = extension("2.5.29.37", Der.sequence(Der.objectId("1.3.6.1.5.5.7.3.2")));
    write(directory, "ca", authority, authority, constraints);
    write(directory, "server", SubjectKeyType.ECDSAP256.generate(), authority, alternatives);
    write(directory, "client", SubjectKeyType.ECDSAP256.generate(), authority, usage);
    return new TestCertificates(
        directory.resolve("ca.crt"),
        directory.resolve("server.crt"),
        directory.resolve("server.key"),
        directory.resolve("client.crt"),
        directory.resolve("client.key"));
  }

  private static byte[] extension(String id, byte[] value) {
    return Der.sequence(Der.objectId(id), Der.octets(value));
  }

  /** NAME.crt and NAME.key. */
  private static void write(
      Path directory, String name, KeyPair pair, KeyPair authority, byte[] extension)
      throws Exception {
    Instant now = Instant.now();
    byte[] content =
        Der.sequence(
            Der.element(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(BigInteger.valueOf(now.toEpochMilli())),
            ALGORITHM,
            Names.subject("ca", List.of()),
            Der.sequence(
                Der.time(now.minus(Duration.ofMinutes(5))), Der.time(now.plus(Duration.ofDays(1)))),
            Names.subject(name, List.of()),
            pair.getPublic().getEncoded(),
            Der.element(0xa3, Der.sequence(extension)));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(authority.getPrivate());
    signature.update(content);
    byte[] certificate = Der.sequence(content, ALGORITHM, Der.bits(signature.sign()));
    Files.writeString(
        directory.resolve(name + ".crt"), new PemBlock("CERTIFICATE", certificate).toString());
    Files.writeString(
        directory.resolve(name + ".key"),
        new PemBlock("PRIVATE KEY", pair.getPrivate().getEncoded()).toString());
  }
}
