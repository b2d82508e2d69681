package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A volume whose files come from the API: config maps, secrets, tokens, the pod itself. Always
 * read-only inside.
 */
final class PayloadVolume implements VolumePlugin {
  /** Where the files come from. */
  @FunctionalInterface
  interface Source {
    Map<String, AtomicWriter.Entry> files(Request request);
  }

  private final String field;
  private final String directoryName;
  private final Source source;
  private final GroupAccess access;

  PayloadVolume(String field, String directoryName, Source source, GroupAccess access) {
    this.field = field;
    this.directoryName = directoryName;
    this.source = source;
    this.access = access;
  }

  @Override
  public String field() {
    return field;
  }

  @Override
  public String directoryName() {
    return directoryName;
  }

  @Override
  public Mounted refresh(Request request, Mounted standing) throws IOException {
    return mount(request);
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    Map<String, AtomicWriter.Entry> files = source.files(request);
    Path dir = request.directory();
    if (!Files.isDirectory(dir)) {
      Files.createDirectories(dir);
      Files.setAttribute(dir, "unix:mode", 0777);
    }
    OptionalLong owner =
        field.equals("projected") ? Ownership.singleUser(request.pod()) : OptionalLong.empty();
    if (new AtomicWriter(dir).write(files, owner, Instant.now())) {
      access.giveNew(this, dir, request.pod(), true);
    }
    return Mounted.readOnlyAt(dir);
  }
}
