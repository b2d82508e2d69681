package dev.coracle.launcher.agent;

import dev.coracle.launcher.agent.CertificateRequests.Purpose;
import dev.coracle.launcher.pki.CertificateAuthority;
import dev.coracle.launcher.pki.Pem;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One certificate of a node with its key, as files. It is asked for when there is none that lasts,
 * and again when between 70 and 90 percent of its life are over, as upstream's kubelet does.
 */
final class NodeCertificates {

  private static final Logger LOG = LoggerFactory.getLogger(NodeCertificates.class);
  private static final Duration RETRY = Duration.ofMinutes(1);

  /** A timer's longest time: a day, then it is looked at again. */
  private static final Duration LONGEST = Duration.ofDays(1);

  private final Vertx vertx;
  private final Path certificate;
  private final Path key;
  private final Purpose purpose;
  private final Clock clock;
  private long timer = -1;
  private volatile boolean stopped;

  NodeCertificates(Vertx vertx, Path directory, String name, Purpose purpose, Clock clock) {
    this.vertx = vertx;
    this.certificate = directory.resolve(name + ".crt");
    this.key = directory.resolve(name + ".key");
    this.purpose = purpose;
    this.clock = clock;
  }

  Path certificate() {
    return certificate;
  }

  Path key() {
    return key;
  }

  /** Whether there is a certificate that has not ended. Blocks. */
  boolean isUsable() throws IOException {
    return Files.exists(certificate)
        && Files.exists(key)
        && Pem.readCertificate(certificate).getNotAfter().toInstant().isAfter(clock.instant());
  }

  /** Asks and writes the files. */
  Uni<Void> obtain(CertificateRequests requests) {
    KeyPair pair = CertificateAuthority.newKeyPair();
    return requests
        .ask(purpose, pair)
        .chain(pem ->
            blocking(() -> {
              Pem.write(key, Pem.privateKey(pair.getPrivate()));
              Pem.write(certificate, pem);
            }));
  }

  private Uni<Void> blocking(IoAction action) {
    return Uni.createFrom()
        .completionStage(() ->
            vertx
                .<Void>executeBlocking(() -> {
                  action.run();
                  return null;
                })
                .toCompletionStage());
  }

  @FunctionalInterface
  private interface IoAction {
    void run() throws IOException;
  }

  /**
   * Renews in time for as long as the process lives.
   *
   * @param requests as whom to ask then
   * @param renewed called with the files written
   */
  void keep(Supplier<CertificateRequests> requests, Runnable renewed) {
    blocking(() -> arm(untilRenewal(), requests, renewed))
        .subscribe()
        .with(
            _ -> {},
            failure ->
                LOG.atError()
                    .addKeyValue("file", certificate.toString())
                    .addKeyValue("failure", failure.toString())
                    .log("A certificate cannot be kept up to date"));
  }

  private void arm(Duration wait, Supplier<CertificateRequests> requests, Runnable renewed) {
    if (stopped) {
      return;
    }
    boolean far = wait.compareTo(LONGEST) > 0;
    timer =
        vertx.setTimer(
            Math.max(1, (far ? LONGEST : wait).toMillis()),
            _ -> {
              if (far) {
                arm(wait.minus(LONGEST), requests, renewed);
              } else {
                renew(requests, renewed);
              }
            });
  }

  private void renew(Supplier<CertificateRequests> requests, Runnable renewed) {
    obtain(requests.get())
        .subscribe()
        .with(
            _ -> {
              LOG.atInfo()
                  .addKeyValue("file", certificate.toString())
                  .log("A certificate was renewed");
              renewed.run();
              keep(requests, renewed);
            },
            failure -> {
              LOG.atWarn()
                  .addKeyValue("file", certificate.toString())
                  .addKeyValue("failure", failure.toString())
                  .log("A certificate could not be renewed, it will be tried again");
              arm(RETRY, requests, renewed);
            });
  }

  /** The point between 70 and 90 percent follows from the certificate, so nodes spread. */
  private Duration untilRenewal() {
    try {
      X509Certificate c = Pem.readCertificate(certificate);
      Instant from = c.getNotBefore().toInstant();
      Duration life = Duration.between(from, c.getNotAfter().toInstant());
      int percent = 70 + Math.floorMod(c.getSerialNumber().hashCode(), 20);
      Instant at = from.plus(life.multipliedBy(percent).dividedBy(100));
      Duration wait = Duration.between(clock.instant(), at);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
  }
}
