package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.FilesystemIdentifier;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.ImageFsInfoRequest;
import dev.coracle.cri.v1.ImageFsInfoResponse;
import dev.coracle.cri.v1.ImageServiceGrpcService;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.ImageStatusRequest;
import dev.coracle.cri.v1.ImageStatusResponse;
import dev.coracle.cri.v1.ListImagesRequest;
import dev.coracle.cri.v1.ListImagesResponse;
import dev.coracle.cri.v1.PullImageRequest;
import dev.coracle.cri.v1.PullImageResponse;
import dev.coracle.cri.v1.RemoveImageRequest;
import dev.coracle.cri.v1.RemoveImageResponse;
import dev.coracle.cri.v1.StreamImagesRequest;
import dev.coracle.cri.v1.StreamImagesResponse;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.cridocker.internal.image.DockerImages;
import dev.coracle.cridocker.internal.pod.EngineFacts;
import dev.coracle.cridocker.internal.pod.PauseImage;
import dev.coracle.criruntime.RegistryAuth;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.ImageUser;
import dev.coracle.criruntime.server.Streams;
import dev.coracle.criruntime.server.Times;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** CRI's ImageService. */
public final class DockerImageService extends ImageServiceGrpcService {
  private static final String NO_NAME = "<none>";

  private final Calls calls;
  private final DockerImages images;
  private final EngineFacts facts;

  public DockerImageService(Calls calls, DockerImages images, EngineFacts facts) {
    this.calls = calls;
    this.images = images;
    this.facts = facts;
  }

  private List<Image> list(String filter) throws IOException {
    List<Image> out = new ArrayList<>();
    if (filter.isEmpty()) {
      images.list().forEach(image -> out.add(toProto(image).build()));
    } else {
      images.find(filter).ifPresent(image -> out.add(inspected(image)));
    }
    return out;
  }

  /** What lists and descriptions have in common. */
  private static Image.Builder toProto(JsonNode image) {
    List<String> tags = names(image.path("RepoTags"));
    String id = image.path("Id").asText();
    return Image.newBuilder()
        .setId(id)
        .addAllRepoTags(tags)
        .addAllRepoDigests(names(image.path("RepoDigests")))
        .setSize(image.path("Size").asLong())
        .setSpec(ImageSpec.newBuilder().setImage(id))
        .setPinned(tags.contains(PauseImage.NAME));
  }

  private static Image inspected(JsonNode image) {
    Image.Builder b = toProto(image);
    ImageUser.set(b, image.path("Config").path("User").asText(""));
    return b.build();
  }

  private static List<String> names(JsonNode array) {
    List<String> out = new ArrayList<>();
    for (JsonNode name : array) {
      if (!name.asText().contains(NO_NAME)) {
        out.add(name.asText());
      }
    }
    return out;
  }

  @Override
  public Future<ListImagesResponse> listImages(ListImagesRequest request) {
    return calls.run(
        "ListImages",
        () ->
            ListImagesResponse.newBuilder()
                .addAllImages(list(request.getFilter().getImage().getImage()))
                .build());
  }

  @Override
  protected void streamImages(
      StreamImagesRequest request, WriteStream<StreamImagesResponse> response) {
    Streams.each(
        calls.run("StreamImages", () -> list(request.getFilter().getImage().getImage())),
        response,
        part -> StreamImagesResponse.newBuilder().addAllImages(part).build());
  }

  @Override
  public Future<ImageStatusResponse> imageStatus(ImageStatusRequest request) {
    return calls.run(
        "ImageStatus",
        () -> {
          ImageStatusResponse.Builder b = ImageStatusResponse.newBuilder();
          Optional<JsonNode> image = images.find(request.getImage().getImage());
          image.ifPresent(i -> b.setImage(inspected(i)));
          return b.build();
        });
  }

  @Override
  public Future<PullImageResponse> pullImage(PullImageRequest request) {
    return calls.run(
        "PullImage",
        () ->
            PullImageResponse.newBuilder()
                .setImageRef(
                    images.pull(request.getImage().getImage(), RegistryAuth.of(request.getAuth())))
                .build());
  }

  @Override
  public Future<RemoveImageResponse> removeImage(RemoveImageRequest request) {
    return calls.run(
        "RemoveImage",
        () -> {
          images.remove(request.getImage().getImage());
          return RemoveImageResponse.getDefaultInstance();
        });
  }

  @Override
  public Future<ImageFsInfoResponse> imageFsInfo(ImageFsInfoRequest request) {
    return calls.run(
        "ImageFsInfo",
        () ->
            ImageFsInfoResponse.newBuilder()
                .addImageFilesystems(
                    FilesystemUsage.newBuilder()
                        .setTimestamp(Times.now())
                        .setFsId(
                            FilesystemIdentifier.newBuilder().setMountpoint(facts.rootDirectory()))
                        .setUsedBytes(UInt64Value.newBuilder().setValue(images.usedBytes())))
                .build());
  }
}
