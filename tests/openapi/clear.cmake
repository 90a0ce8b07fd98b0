# cmake -P clear.cmake FOLDER: an empty folder for the recordings of a run.
file(REMOVE_RECURSE ${CMAKE_ARGV3})
file(MAKE_DIRECTORY ${CMAKE_ARGV3})
