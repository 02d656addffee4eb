// std::filesystem: paths, files in memory, and the errors of what is not there.
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "../guest/check.h"

namespace fs = std::filesystem;

static void test_paths()
{
  const fs::path path = "/usr/lib/../share/doc.tar.gz";
  CHECK(path.filename() == "doc.tar.gz" && path.extension() == ".gz" && path.stem() == "doc.tar");
  CHECK(path.lexically_normal() == "/usr/share/doc.tar.gz" && path.is_absolute());
  CHECK(path.parent_path() == "/usr/lib/../share" && path.root_directory() == "/");
  CHECK(fs::path("a") / "b" / "/c" == "/c" && (fs::path("a") /= "b").string() == "a/b");
  CHECK(fs::path("/a/b/c").lexically_relative("/a/d") == "../b/c");
  CHECK(std::distance(path.begin(), path.end()) == 6);
  std::ostringstream text;
  text << fs::path("x y");
  CHECK(text.str() == "\"x y\"" && fs::path(L"wide").u8string() == u8"wide");
}

static std::errc error_of(const std::function<void(std::error_code &)> &call)
{
  std::error_code error;
  call(error);
  return std::errc(error.value());
}

static void test_missing()
{
  const fs::path none = "/no/such/file", empty;
  std::error_code error;
  CHECK(!fs::exists(none) && fs::status(none).type() == fs::file_type::not_found);
  CHECK(!fs::exists(none, error) && !fs::is_directory(none) && !fs::is_regular_file(none));
  CHECK(!fs::is_symlink(none));

  bool caught = false;
  try
  {
    (void) fs::file_size(none);
  }
  catch (const fs::filesystem_error &failure)
  {
    caught = failure.path1() == none && failure.code() == std::errc::no_such_file_or_directory &&
             std::string(failure.what()).find("/no/such/file") != std::string::npos;
  }
  CHECK(caught);

  const auto not_there = std::errc::no_such_file_or_directory;
  CHECK(error_of([&](auto &e) { (void) fs::file_size(none, e); }) == not_there);
  CHECK(error_of([&](auto &e) { (void) fs::last_write_time(none, e); }) == not_there);
  CHECK(error_of([&](auto &e) { (void) fs::canonical(none, e); }) == not_there);
  CHECK(!fs::remove(none, error));
  for (const auto &failing :
       std::vector<std::function<void(std::error_code &)>>{
           [&](auto &e) { fs::directory_iterator(none, e); },
           [&](auto &e) { fs::recursive_directory_iterator(none, e); },
           [&](auto &e) { (void) fs::rename(none, "other", e); },
           [&](auto &e) { (void) fs::create_directory(none, e); },
           [&](auto &e) { (void) fs::copy(none, "other", e); },
           [&](auto &e) { (void) fs::copy_file(none, "other", e); },
           [&](auto &e) { (void) fs::create_symlink(none, "/no/link", e); },
           [&](auto &e) { (void) fs::create_hard_link(none, "/no/link", e); },
           [&](auto &e) { (void) fs::read_symlink(none, e); },
           [&](auto &e) { (void) fs::permissions(none, fs::perms::all, e); },
           [&](auto &e) { (void) fs::resize_file(none, 0, e); },
           [&](auto &e) { (void) fs::current_path(none, e); },
           [&](auto &e) { (void) fs::space(none, e); },
       })
  {
    const std::errc which = error_of(failing);
    CHECK(which == not_there);
  }
}

static void test_tree()
{
  const fs::path folder = fs::temp_directory_path() / "tree", copy = folder / "../copy";
  CHECK(fs::create_directories(folder / "a/b") && !fs::create_directories(folder / "a/b"));
  std::ofstream(folder / "a/file") << "text";
  fs::create_symlink("file", folder / "a/link");
  fs::create_hard_link(folder / "a/file", folder / "name");
  CHECK(fs::file_size(folder / "name") == 4 && fs::hard_link_count(folder / "name") == 2);
  CHECK(fs::read_symlink(folder / "a/link") == "file" &&
        fs::equivalent(folder / "name", folder / "a/link"));
  size_t entries = 0;
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    entries += entry.exists() ? 1 : 0;
  CHECK(entries == 5);
  fs::copy(folder, copy, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::rename(copy / "name", copy / "moved");
  fs::resize_file(copy / "moved", 2);
  std::string word;
  std::ifstream(copy / "moved") >> word;
  CHECK(word == "te" && fs::canonical(copy / "a/link") == "/tmp/copy/a/file");
  fs::permissions(copy / "moved", fs::perms::owner_read);
  CHECK(fs::status(copy / "moved").permissions() == fs::perms::owner_read);
  fs::current_path(copy);
  CHECK(fs::current_path() == "/tmp/copy" && fs::absolute("moved") == "/tmp/copy/moved");
  fs::current_path("/");
  CHECK(fs::remove_all(copy) == 6 && fs::remove_all(folder) == 6 && !fs::exists(folder));
  CHECK(fs::space("/tmp").capacity > 0);
}

int main()
{
  test_paths();
  test_missing();
  test_tree();
  return check_finish();
}
